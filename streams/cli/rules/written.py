"""The rules that are written in folders, with what is wrong with their files, before anything is compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from features.catalogue import Catalogue
from models.bundle import RULEBOOK, BundleText, compile_bundle, read_text
from models.errors import RuleError
from models.lists import read_list
from models.policy import Policy
from models.policy_file import read_policy
from models.rules.check import Checked, KindRules, check
from models.rules.finding import Finding, in_order
from streams.cli.features.known import catalogues_of
from streams.settings import load_settings

FOLDERS = click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False))
ALONE = click.option("--alone", is_flag=True, help="The folders hold everything: without the rulebook that ships.")
_LISTS = "lists"
_PLACE = re.compile(r"(?P<path>.+?\.toml)(?::(?P<line>\d+))?(?::(?P<column>\d+))?: (?P<message>.*)", re.DOTALL)
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Written:
    """``findings``: all that is wrong, by file and line. ``checked``: what the rules came to."""

    catalogues: Mapping[str, Catalogue]
    checked: Checked
    findings: list[Finding]


def written(folders: Sequence[Path], alone: bool, now_ms: int) -> Written:
    """Read and check the rulebook that ships and these folders, or those of the settings; raises WeirError."""
    known = catalogues_of(None)
    own = tuple(folders) or load_settings().rulebook_folders
    if alone and not own:
        raise click.UsageError("--alone: name the folder that holds everything")
    every = own if alone else (RULEBOOK, *own)
    texts = {kind: read_text(kind, every) for kind in sorted(known)}
    findings: list[Finding] = [*_never_read(own, known)]
    lists = _lists(next(iter(texts.values())), findings)
    kinds = [
        KindRules(known[kind], text.rules, _policy(text, findings), lists, frozenset(filter(_ships, text.rules)))
        for kind, text in texts.items()
    ]
    checked = check(kinds, now_ms)
    findings += checked.findings
    if not any(finding.level == "error" for finding in findings):
        # What policy, rules and lists have to do with each other is left.
        for kind, text in texts.items():
            _tried(text.policy[0], findings, compile_bundle, text, known[kind])
    return Written(known, checked, in_order(findings))


def _ships(path: str) -> bool:
    return RULEBOOK in Path(path).parents


def _never_read(folders: Iterable[Path], known: Mapping[str, Catalogue]) -> Iterable[Finding]:
    """Files that stand where nothing looks for them."""
    for folder in folders:
        for path in sorted({*folder.glob("*.toml"), *folder.glob("*/*.toml")}):
            if path.parent == folder or path.parent.name not in (*known, _LISTS):
                there = ", ".join(f"{folder / name}" for name in (*sorted(known), _LISTS))
                yield Finding(path=str(path), message=f"nothing reads it here: rules and lists stand in {there}")


def _lists(text: BundleText, findings: list[Finding]) -> dict[str, str]:
    """The type of each list by its name; empty for one that cannot be read."""
    types: dict[str, str] = {}
    for place, words in text.lists.items():
        name = Path(place).stem
        file = _tried(place, findings, read_list, name, words, place)
        types[name] = "" if file is None else file.of
    return types


def _policy(text: BundleText, findings: list[Finding]) -> Policy:
    place, words = text.policy
    return _tried(place, findings, read_policy, words, place) or Policy()


def _tried(path: str, findings: list[Finding], work: Callable[..., _Read], *given: Any) -> _Read | None:
    """What it gives; or its RuleError among the findings."""
    try:
        return work(*given)
    except RuleError as error:
        told = _PLACE.fullmatch(str(error))
        if told is None:
            findings.append(Finding(path=path, message=str(error)))
        else:
            line, column = (int(told[part] or 0) for part in ("line", "column"))
            findings.append(Finding(path=told["path"], line=line, column=column, message=told["message"]))
        return None
