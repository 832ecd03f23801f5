"""The values that a command is given, as arguments and as lines of a file, in the spelling of their list."""

from __future__ import annotations

import re
from pathlib import Path

import click

from features.errors import WeirError
from models.lists import ListError, ListType, normal
from streams.cli.features.actor import actors, is_everyone
from streams.cli.features.known import catalogues_of
from streams.files import open_input

_SHOWN = 5
# What people write behind an address in a file; accounts and texts may hold such characters.
_REMARK = re.compile(rb"\s+[#;].*$")
_REMARKED: tuple[ListType, ...] = ("ip", "asn", "domain", "hash")


class Values:
    """Makes the values of a list of one type: one text may stand for several, where kinds spell it differently."""

    def __init__(self, of: ListType) -> None:
        self.of = of
        self._catalogues = catalogues_of(None) if of == "entity" else {}

    def read(self, arguments: tuple[str, ...], file: Path | None) -> list[str]:
        """Each once, in their order; raises WeirError that names every argument and line at fault, but no line's
        content."""
        found: dict[str, None] = {}
        for text in arguments:
            try:
                found |= dict.fromkeys(self.of_text(text))
            except ListError as error:
                raise click.UsageError(f"{text!r} {error}") from None
        if file is not None:
            found |= dict.fromkeys(self._read_file(file))
        if not found:
            raise click.UsageError("no values: write them as arguments, or name a file with --from-file")
        return list(found)

    def of_text(self, text: str) -> list[str]:
        """Raises ListError, or KindError where it names an entity that there is not."""
        value = normal(self.of, text)
        if self.of != "entity":
            return [value]
        found = actors(value, self._catalogues)
        if any(map(is_everyone, found)):
            raise ListError(f"stands for all events, and for no {found[0].entity}: freeze the kind instead")
        return sorted({normal("entity", f"{actor.entity}={actor.value}") for actor in found})

    def _read_file(self, file: Path) -> list[str]:
        found: list[str] = []
        faults: list[str] = []
        with open_input(file) as opened:
            for number, line in enumerate(opened.stream, start=1):
                text = line.removeprefix(b"\xef\xbb\xbf").strip()
                if self.of in _REMARKED:
                    text = _REMARK.sub(b"", text)
                if not text or text.startswith((b"#", b";")):
                    continue
                try:
                    found += self.of_text(text.decode())
                except (WeirError, UnicodeDecodeError) as error:
                    why = error if isinstance(error, WeirError) else "is no UTF-8"
                    faults.append(f"{file}:{number}: the value {why}")
        if faults:
            more = f"\n… and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
            raise WeirError("\n".join(faults[:_SHOWN]) + more + "\nnothing was changed")
        return found
