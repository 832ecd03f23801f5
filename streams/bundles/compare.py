"""What differs between two bundles of a kind, in words: by rule, by policy, by list."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec

from models.bundle import BundleText
from models.lists import ListFile, read_list
from models.policy_file import read_policy
from models.rules.rule import Rule, read_rules

_SHORT = 24


def differences(before: BundleText, after: BundleText) -> list[str]:
    """One line a difference, ``+`` new, ``-`` gone, ``~`` changed; none if they mean the same.

    Raises RuleError if one of them cannot be read.
    """
    old, new = _rules(before), _rules(after)
    lines = [f"+ {rule.id} ({rule.mode}, {rule.action})" for name, rule in new.items() if name not in old]
    lines += [f"- {rule.id} ({rule.mode}, {rule.action})" for name, rule in old.items() if name not in new]
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            lines.append(f"~ {name}: {_keys(old[name], new[name])}")
    lines.sort(key=lambda line: line[2:])
    if not lines and list(old) != list(new):
        lines.append("~ the order of the rules")
    policies = [read_policy(text.policy[1], text.policy[0]) for text in (before, after)]
    if policies[0] != policies[1]:
        lines.append(f"~ policy: {_keys(*policies)}")
    return lines + list(_lists(before, after))


def unified(before: BundleText, after: BundleText) -> str:
    """The difference of the files, as ``diff -u`` shows it; empty if the files are the same."""
    old, new = files_of(before), files_of(after)
    parts: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        a, b = old.get(name, "").splitlines(keepends=True), new.get(name, "").splitlines(keepends=True)
        parts += difflib.unified_diff(
            a, b, name if name in old else "/dev/null", name if name in new else "/dev/null"
        )
    return "".join(part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n" for part in parts)


def files_of(text: BundleText) -> dict[str, str]:
    """All of a bundle's files by name."""
    return {**text.rules, text.policy[0]: text.policy[1], **text.lists}


def _rules(text: BundleText) -> dict[str, Rule]:
    return {rule.id: rule for rule, _ in read_rules(text.rules)}


def _keys(old: msgspec.Struct, new: msgspec.Struct) -> str:
    """The keys that differ, with their values where these are short."""
    changed = []
    for name in old.__struct_fields__:
        a, b = getattr(old, name), getattr(new, name)
        if a != b:
            shown = f" {_shown(a)} → {_shown(b)}" if _is_short(a) and _is_short(b) else ""
            changed.append(f"{name}{shown}")
    return ", ".join(changed)


def _is_short(value: Any) -> bool:
    return not isinstance(value, (tuple, list, dict, msgspec.Struct)) and len(_shown(value)) <= _SHORT


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _lists(before: BundleText, after: BundleText) -> Iterator[str]:
    old, new = _list_files(before), _list_files(after)
    for name in sorted(old.keys() | new.keys()):
        a, b = old.get(name), new.get(name)
        if a == b:
            continue
        if a is None or b is None:
            yield f"{'+' if a is None else '-'} list {name}"
            continue
        left, right = ({entry.value for entry in one.entries} for one in (a, b))
        yield f"~ list {name}: {len(right - left)} values more, {len(left - right)} fewer"


def _list_files(text: BundleText) -> dict[str, ListFile]:
    files = ((PurePosixPath(place).stem, place, written) for place, written in text.lists.items())
    return {name: read_list(name, written, place) for name, place, written in files}
