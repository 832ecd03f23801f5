"""The bundle: the rules and the policy in force for a kind, as one immutable value with a content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from features.catalogue import Catalogue
from models.errors import RuleError
from models.lists import PROTECT, ListFile, read_list
from models.policy import Policy
from models.policy_file import read_policy
from models.rules.engine import RuleEngine
from models.rules.rule import read_rules

RULEBOOK = Path(__file__).parent / "rulebook"
_POLICY = "policy.toml"
_DEFAULT = RULEBOOK / "default" / _POLICY
_LISTS = "lists"


class BundleText(msgspec.Struct, frozen=True, kw_only=True):
    """A kind's rules, policy and lists as people wrote them: what is compiled, sent and kept.

    ``rules`` and ``lists``: the text of each file by the name under which messages speak of it, in order.
    ``policy``: the same of the one policy file.
    """

    kind: str
    rules: dict[str, str]
    policy: tuple[str, str]
    lists: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Bundle:
    """``lists``: those of its own files that its rules use, and ``protect``."""

    hash: str
    text: BundleText
    engine: RuleEngine
    policy: Policy
    lists: Mapping[str, ListFile] = field(default_factory=dict)


def load_bundles(catalogues: Mapping[str, Catalogue], folders: Iterable[Path] = ()) -> dict[str, Bundle]:
    """The bundle of every kind; raises RuleError, also for a folder of rules that no kind would read."""
    folders = tuple(folders)
    for folder in folders:
        for path in sorted(folder.glob("*/*.toml")):
            if path.parent.name not in (*catalogues, _LISTS):
                known = ", ".join(sorted(catalogues))
                raise RuleError(f"{path.parent} is named after no kind, so its rules would never be read: {known}")
    return {kind: load_bundle(catalogue, folders) for kind, catalogue in catalogues.items()}


def load_bundle(catalogue: Catalogue, folders: Iterable[Path] = ()) -> Bundle:
    """The kind's rules and policy from what ships and from ``folders``; raises RuleError. See ``read_text``."""
    return compile_bundle(read_text(catalogue.kind.name, (RULEBOOK, *folders)), catalogue)


def read_text(kind: str, folders: Iterable[Path]) -> BundleText:
    """What these folders hold for a kind; raises RuleError.

    Each folder holds one folder a kind, with rule files and at most one ``policy.toml``, and a folder ``lists``.
    The last policy found is in force, and a kind without one gets the default.
    """
    rules: dict[str, str] = {}
    lists: dict[str, str] = {}
    policy = _DEFAULT
    for folder in folders:
        if not folder.is_dir():
            raise RuleError(f"{folder} is not a folder of rules: correct the setting rulebook_folders")
        here = folder / kind
        rules |= {str(path): _read(path) for path in sorted(here.glob("*.toml")) if path.name != _POLICY}
        lists |= {str(path): _read(path) for path in sorted((folder / _LISTS).glob("*.toml"))}
        if (here / _POLICY).is_file():
            policy = here / _POLICY
    return BundleText(kind=kind, rules=rules, policy=(str(policy), _read(policy)), lists=lists)


def compile_bundle(text: BundleText, catalogue: Catalogue) -> Bundle:
    """Check everything and compile; raises RuleError."""
    rules = read_rules(text.rules)
    for rule, place in rules:
        if rule.kind != text.kind:
            raise RuleError(f"{place.path}:{place.line}: kind is {rule.kind!r}, its folder's is {text.kind!r}")
    policy = read_policy(text.policy[1], text.policy[0])
    for rule, place in rules:
        if rule.action not in policy.actions:
            raise RuleError(
                f"{place.path}:{place.line}: rule {rule.id!r}: action {rule.action!r} is none of the policy's: "
                f"{', '.join(policy.actions)}"
            )
    known = {rule.id for rule, _ in rules}
    for budget in policy.budgets:
        if budget.rule and budget.rule not in known:
            raise RuleError(f"{text.policy[0]}: a budget names the rule {budget.rule!r}, which there is not")
    for escalation in policy.escalation:
        if not _is_counted_by_target(catalogue):
            raise RuleError(
                f"{text.policy[0]}: escalation of {escalation.action!r}: kind {text.kind} is partitioned by "
                f"{catalogue.kind.partition_key!r}, which is not its target: decisions about one target are counted "
                "only where they come together"
            )
    declared = _lists(text)
    engine = RuleEngine(catalogue, rules, {name: file.of for name, file in declared.items()})
    used = {PROTECT, *(name for _, name in engine.memberships)}
    lists = {name: file for name, file in sorted(declared.items()) if name in used}
    parts = [text.kind, [rule for rule, _ in rules], policy, list(lists.values())]
    digest = hashlib.blake2b(msgspec.json.encode(parts, order="deterministic"), digest_size=8).hexdigest()
    return Bundle(digest, text, engine, policy, lists)


def _lists(text: BundleText) -> dict[str, ListFile]:
    """The lists by name; the last file of a name is the list."""
    return {Path(place).stem: read_list(Path(place).stem, written, place) for place, written in text.lists.items()}


def _is_counted_by_target(catalogue: Catalogue) -> bool:
    kind = catalogue.kind
    return any(entity.name == kind.target and entity.of == kind.partition_key for entity in kind.entities)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeError as error:
        raise RuleError(f"{path}: not TOML: {error}") from None
