"""Which two bundles a backtest compares, as they are named on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.catalogue import Catalogue
from features.errors import WeirError
from models.errors import RuleError
from streams.bundles.shelf import BundleShelf
from streams.bundles.wire import BUNDLE_KEY, decode_bundle
from streams.cli.control import control_now
from streams.cli.rules.shipping import CURRENT, kinds_of, named
from streams.offline.backtest.plan import Plan, Sent, code_hash
from streams.settings import Settings

_HASH = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Compared:
    """``names``: what candidate and baseline are called, without any path of this machine."""

    plan: Plan
    names: tuple[str, str]


def compared(
    settings: Settings,
    known: Mapping[str, Catalogue],
    words: tuple[str, str],
    *,
    kinds: Sequence[str],
    alone: bool,
    control: Mapping[str, bytes] | None,
) -> Compared:
    """``words`` name candidate and baseline. ``control``: what the control topic holds, if it was read already.

    It is read where a word can only be found there. Raises WeirError and KafkaAway.
    """
    wanted = kinds_of(kinds, known)
    shelf = BundleShelf(known, control or {}, settings.rulebook_folders)
    if control is None and any(_is_elsewhere(word, shelf) for word in words):
        shelf = BundleShelf(known, control := control_now(settings), settings.rulebook_folders)
    candidate, baseline = (_bundles(word, shelf, known, wanted, alone) for word in words)
    both = sorted(candidate.keys() & baseline.keys())
    if not both:
        raise WeirError(
            f"{words[0]} and {words[1]} have no kind in common: they are about {', '.join(sorted(candidate))} and "
            f"{', '.join(sorted(baseline))}"
        )
    plan = Plan(
        kinds_folders=tuple(str(folder) for folder in settings.kinds_folders),
        schemas={kind: known[kind].schema for kind in both},
        code=code_hash(),
        candidate={kind: candidate[kind] for kind in both},
        baseline={kind: baseline[kind] for kind in both},
        known=_known(shelf, control or {}, (candidate, baseline)),
    )
    return Compared(plan, (_name(words[0]), _name(words[1])))


def _is_elsewhere(word: str, shelf: BundleShelf) -> bool:
    """Whether only the control topic can tell what it means."""
    if word == CURRENT:
        return True
    return _HASH.fullmatch(word) is not None and not Path(word).is_dir() and shelf.whole_hash(word) is None


def _bundles(
    word: str, shelf: BundleShelf, known: Mapping[str, Catalogue], kinds: Sequence[str], alone: bool
) -> dict[str, Sent]:
    folder = Path(word)
    if shelf.whole_hash(word) is None and folder.is_dir():
        spoken = [kind for kind in known if (folder / kind).is_dir()]
        if not spoken and not (folder / "lists").is_dir():
            raise RuleError(f"{folder} holds no rules: it has no folder named {', '.join(sorted(known))} or lists")
        if alone:
            # A kind of which the folder says nothing is not one without rules.
            kinds = [kind for kind in kinds if kind in spoken]
            if not kinds:
                raise RuleError(f"{folder} says nothing of the kinds that are asked for, only of {', '.join(spoken)}")
    try:
        found = named(word, shelf, known, kinds, alone=alone)
    except RuleError as error:
        if alone or not folder.is_dir():
            raise
        hint = "A folder that holds everything, as a copy of the rulebook does, is read with --alone."
        raise RuleError(f"{error}\n{hint}") from None
    return {kind: Sent(one.hash, one.text) for kind, one in found.items()}


def _known(
    shelf: BundleShelf, control: Mapping[str, bytes], compared: Sequence[Mapping[str, Sent]]
) -> dict[str, Sent]:
    """Every bundle that a verdict may name: those compared, what ships, and all that were sent."""
    found = {bundle.hash: Sent(bundle.hash, bundle.text) for bundle in shelf.shipped.values()}
    for key, value in control.items():
        if key.startswith(BUNDLE_KEY):
            try:
                record = decode_bundle(value)
            except RuleError:
                continue
            found[record.hash] = Sent(record.hash, record.text)
    return found | {sent.hash: sent for side in compared for sent in side.values()}


def _name(word: str) -> str:
    return Path(word).resolve().name if Path(word).is_dir() else word
