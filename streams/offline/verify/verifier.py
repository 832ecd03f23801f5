"""Whether verdicts are what they say: their digests fit, and judging again gives their very bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from features.catalogue import Catalogue
from features.reference import Reference
from models.bundle import Bundle
from models.errors import RuleError
from models.verdict import Verdict, decode, encode, is_intact
from streams.offline.verify.again import Again
from streams.offline.verify.differences import Difference, differences
from streams.offline.verify.versions import ModelVersions

FindBundle = Callable[[str, str], Bundle]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one record. ``id``: its own, where it can be read. ``intact``: whether its digest fits.

    ``unverified``: why it could not be judged again, empty if it was.
    """

    id: str
    intact: bool
    differences: tuple[Difference, ...] = ()
    unverified: str = ""


@dataclass(slots=True)
class Report:
    """How many records there were, and what became of each: of ``verdicts`` some were verified ``in_full`` and some
    ``from_scores`` on, some are ``different``, and some could not be judged again, by reason.

    ``broken``: records that are no verdicts. ``not_intact``: among the different ones (and the ones that could not be
    judged again), those whose digest does not fit. ``other_schema``, ``corrections``: among all verdicts.
    """

    verdicts: int = 0
    in_full: int = 0
    from_scores: int = 0
    different: int = 0
    broken: int = 0
    not_intact: int = 0
    other_schema: int = 0
    corrections: int = 0
    unverified: Counter[str] = field(default_factory=Counter)

    @property
    def proven(self) -> bool:
        """Whether each record was judged again and is the same to the byte."""
        return not (self.different or self.broken or self.not_intact or self.unverified)


class Verifier:
    """Takes one record after another. ``bundles`` gives a kind's bundle by hash, or raises RuleError."""

    def __init__(
        self,
        catalogues: Mapping[str, Catalogue],
        bundles: FindBundle,
        versions: ModelVersions,
        reference: Reference,
    ) -> None:
        self.report = Report()
        self._catalogues = catalogues
        self._bundles = bundles
        self._again = {kind: Again(catalogue, versions, reference) for kind, catalogue in catalogues.items()}
        self._known: dict[tuple[str, str], Bundle | str] = {}

    def verify(self, record: bytes) -> Finding | None:
        """What is wrong with a verdict's record; None: nothing."""
        report = self.report
        try:
            str(record, "utf-8")  # what passes through decoding unread has to be text too
            verdict = decode(record)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            report.broken += 1
            return Finding("", intact=False, unverified="this is no verdict")
        intact = is_intact(record)
        self._count(verdict, intact)
        bundle = self._bundle(verdict)
        if isinstance(bundle, str):
            report.unverified[bundle] += 1
            return Finding(verdict.id, intact, unverified=bundle)
        try:
            again, in_full = self._again[verdict.data.event.kind].make(verdict, bundle)
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
            # Only what somebody altered has values that no rule or moment can take.
            report.different += 1
            what = Difference("data", "values of other types than the kind's", type(error).__name__)
            return Finding(verdict.id, intact, (what,))
        found = differences(record, encode(again))
        if found or not intact:
            report.different += 1
            return Finding(verdict.id, intact, tuple(found))
        if in_full:
            report.in_full += 1
        else:
            report.from_scores += 1
        return None

    def _count(self, verdict: Verdict, intact: bool) -> None:
        report, data = self.report, verdict.data
        report.verdicts += 1
        report.not_intact += not intact
        report.corrections += data.corrects is not msgspec.UNSET
        catalogue = self._catalogues.get(data.event.kind)
        report.other_schema += catalogue is not None and data.schema != catalogue.schema

    def _bundle(self, verdict: Verdict) -> Bundle | str:
        """The bundle that judged it, or why there is none."""
        kind, wanted = verdict.data.event.kind, verdict.data.bundle
        known = self._known.get((kind, wanted))
        if known is None:
            try:
                if kind not in self._catalogues:
                    raise RuleError(f"there is no kind {kind!r} here: see the setting kinds_folders")
                known = self._bundles(kind, wanted)
            except RuleError as error:
                known = str(error)
            self._known[kind, wanted] = known
        return known
