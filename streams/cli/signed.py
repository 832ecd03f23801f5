"""Who set it, why, and until when: what all commands that set live state ask alike, and how they show it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from features.errors import KindError
from features.event import LAST_MS, to_milliseconds, to_rfc3339
from features.window import seconds

F = TypeVar("F", bound=Callable[..., Any])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
EXPIRES = click.option(
    "--expires", metavar="7d|DATE", help="Until then, in event time; a duration counts from now. Default: no end."
)


def user() -> str:
    """Of the system, by name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return "unknown"


AUTHOR = click.option("--author", default=user, help="Who does it; by default the user of the system.")


def signed(command: F) -> F:
    """Adds --author and --reason."""
    reason = click.option("--reason", default="", help="Why, for those who find it later.")
    return AUTHOR(reason(command))


def now_ms() -> int:
    return int(time.time() * 1000)


def until_ms(text: str, from_ms: int, option: str = "--expires") -> int:
    """A duration from now, a date or a moment, as milliseconds since 1970; raises UsageError, also for the past."""
    try:
        at_ms = from_ms + seconds(text) * 1000
    except (KindError, ValueError):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise click.UsageError(
                f"{option}: {text!r} is no duration such as 7d, 12h or 30m, and no date such as 2026-11-21 "
                "or 2026-11-21T05:00:00Z"
            ) from None
        at_ms = to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    if not from_ms < at_ms <= LAST_MS:
        raise click.UsageError(f"{option}: {text} is {'past' if at_ms <= from_ms else 'beyond the year 9999'}")
    return at_ms


def until(expires_ms: int | None, at_ms: int) -> str:
    """In words for a table."""
    if expires_ms is None:
        return "no end"
    moment = to_rfc3339(expires_ms).replace(".000Z", "Z")
    return moment if at_ms < expires_ms else f"expired {moment}"


def day(set_ms: int) -> str:
    """When something was set, for a table."""
    return to_rfc3339(set_ms)[:16].replace("T", " ") if set_ms else ""


def show_json(answer: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def show_table(table: Table) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table, highlight=False, markup=False)
