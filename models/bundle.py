"""The bundle: the rules and the policy in force for a kind, as one immutable value with a content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from features.catalogue import Catalogue
from models.errors import RuleError
from models.policy import Policy, read_policy
from models.rules.engine import RuleEngine
from models.rules.rule import read_rules

RULEBOOK = Path(__file__).parent / "rulebook"
_POLICY = "policy.toml"
_DEFAULT = RULEBOOK / "default" / _POLICY


@dataclass(frozen=True, slots=True)
class Bundle:
    hash: str
    engine: RuleEngine
    policy: Policy


def load_bundles(catalogues: Mapping[str, Catalogue], folders: Iterable[Path] = ()) -> dict[str, Bundle]:
    """The bundle of every kind; raises RuleError, also for a folder of rules that no kind would read."""
    folders = tuple(folders)
    for folder in folders:
        for path in sorted(folder.glob("*/*.toml")):
            if path.parent.name not in catalogues:
                known = ", ".join(sorted(catalogues))
                raise RuleError(f"{path.parent} is named after no kind, so its rules would never be read: {known}")
    return {kind: load_bundle(catalogue, folders) for kind, catalogue in catalogues.items()}


def load_bundle(catalogue: Catalogue, folders: Iterable[Path] = ()) -> Bundle:
    """The kind's rules and policy from what ships and from ``folders``; raises RuleError.

    Each folder holds one folder a kind, with rule files and at most one ``policy.toml``; the last policy
    found is in force, and a kind without one gets the default.
    """
    rule_paths: list[Path] = []
    policy_path = _DEFAULT
    for folder in (RULEBOOK, *folders):
        if not folder.is_dir():
            raise RuleError(f"{folder} is not a folder of rules: correct the setting rulebook_folders")
        here = folder / catalogue.kind.name
        rule_paths += [path for path in here.glob("*.toml") if path.name != _POLICY]
        if (here / _POLICY).is_file():
            policy_path = here / _POLICY
    rules = read_rules(rule_paths)
    for rule, place in rules:
        if rule.kind != catalogue.kind.name:
            raise RuleError(
                f"{place.path}:{place.line}: kind is {rule.kind!r}, its folder's is {catalogue.kind.name!r}"
            )
    policy = read_policy(policy_path)
    content = msgspec.json.encode([[rule for rule, _ in rules], policy], order="deterministic")
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return Bundle(digest, RuleEngine(catalogue, rules), policy)
