"""Taking back what expired long ago: it counts for no event that still comes, and all hold it in memory."""

from __future__ import annotations

import click
import msgspec

from features.errors import KindError
from features.window import seconds
from streams.cli.control import control_now, tell_control
from streams.cli.signed import now_ms
from streams.settings import load_settings


class _Expiring(msgspec.Struct):
    """What list entries, labels and snoozes have in common."""

    expires_ms: int | None = None


def prune_command(words: str, prefixes: tuple[str, ...]) -> click.Command:
    """A command ``prune`` for the keys that begin so."""

    @click.command(help=words)
    @click.option(
        "--older-than",
        default="7d",
        show_default=True,
        metavar="7d",
        help="Only what expired so long ago: events that come later than that no longer find it.",
    )
    def prune(older_than: str) -> None:
        before_ms = now_ms() - _milliseconds(older_than)
        settings = load_settings()
        changes: dict[str, bytes | None] = {
            key: None
            for key, value in control_now(settings).items()
            if key.startswith(prefixes) and _expired(value, before_ms)
        }
        tell_control(settings, changes)
        click.echo(f"{len(changes)} taken back")

    return prune


def _milliseconds(text: str) -> int:
    try:
        return seconds(text) * 1000
    except KindError as error:
        raise click.UsageError(f"--older-than: {error}") from None


def _expired(value: bytes, before_ms: int) -> bool:
    try:
        expires_ms = msgspec.json.decode(value, type=_Expiring).expires_ms
    except msgspec.MsgspecError:
        return False
    return expires_ms is not None and expires_ms <= before_ms
