"""The rulebook as a command finds it in force: what was published, else what ships and the folders hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from models.bundle import RULEBOOK, BundleText, read_text
from models.lists import ListFile, read_list
from models.policy import Policy
from models.policy_file import read_policy
from models.rules.rule import Rule, read_rules
from streams.bundles.wire import bundle_key, current_of, decode_bundle
from streams.settings import Settings


def texts_in_force(control: Mapping[str, bytes], kinds: Iterable[str], settings: Settings) -> dict[str, BundleText]:
    """By kind; raises RuleError."""
    texts = {}
    for kind in sorted(kinds):
        current = current_of(control, kind)
        # What ships may be in force by its hash, and need not have been sent.
        sent = None if current is None else control.get(bundle_key(current.hash))
        shipped = (RULEBOOK, *settings.rulebook_folders)
        texts[kind] = read_text(kind, shipped) if sent is None else decode_bundle(sent).text
    return texts


def lists_of(texts: Mapping[str, BundleText]) -> dict[str, dict[str, ListFile]]:
    """By name of a list, and within that by kind, what the files say; raises RuleError."""
    found: dict[str, dict[str, ListFile]] = {}
    for kind, text in texts.items():
        for place, written in text.lists.items():
            name = Path(place).stem
            # The last file of a name is the list.
            found.setdefault(name, {})[kind] = read_list(name, written, place)
    return dict(sorted(found.items()))


def policy_of(text: BundleText) -> Policy:
    """Raises RuleError."""
    return read_policy(text.policy[1], text.policy[0])


def rules_of(texts: Mapping[str, BundleText]) -> dict[str, Rule]:
    """All rules by id; raises RuleError."""
    return {rule.id: rule for text in texts.values() for rule, _ in read_rules(text.rules)}
