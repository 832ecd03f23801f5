"""``weir settings``: every setting with its default, as the table in docs/settings.md."""

from __future__ import annotations

import click

from streams.settings import PREFIX, Settings


@click.command()
def settings() -> None:
    """List every setting with its default, in Markdown."""
    click.echo(table())


def table() -> str:
    """The text of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs`. A setting is an environment variable or, by its name without the prefix and in lower",
        "case, an entry of the TOML file that `WEIR_SETTINGS` names (else `weir.toml`). The environment wins.",
        "The local services have settings of their own, see `weir services --help`.",
        "",
        "| variable | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ((), "") else f"`{field.default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description or ''} |")
    return "\n".join(lines)
