"""Lists that were begun live, declared for the rules that ask them: a bundle says the type of each list it needs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from streams.standing.records import LIST_KEY, ListDeclared


@contextmanager
def live_lists(control: Mapping[str, bytes], folders: Iterable[Path]) -> Iterator[list[Path]]:
    """The folders, and behind them one that declares what is on the control topic and in none of their files."""
    known = {path.stem for folder in folders for path in (folder / "lists").glob("*.toml")}
    live = {name: declared for name, declared in _declared(control) if name not in known}
    with tempfile.TemporaryDirectory() as scratch:
        lists = Path(scratch) / "live" / "lists"
        lists.mkdir(parents=True)
        for name, declared in live.items():
            # A JSON string is a TOML string.
            words = json.dumps(declared.description, ensure_ascii=True)
            (lists / f"{name}.toml").write_text(f'of = "{declared.of}"\ndescription = {words}\n', encoding="utf-8")
        yield [*folders, *([lists.parent] if live else [])]


def _declared(control: Mapping[str, bytes]) -> Iterator[tuple[str, ListDeclared]]:
    for key, value in sorted(control.items()):
        name = key.removeprefix(LIST_KEY)
        if key.startswith(LIST_KEY) and "/" not in name:
            try:
                yield name, msgspec.json.decode(value, type=ListDeclared)
            except msgspec.MsgspecError:
                # Workers pass over it and say so; here it declares nothing.
                continue
