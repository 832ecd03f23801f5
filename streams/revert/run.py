"""One revert from the log's reading to the last correction; run again, it takes up where it was interrupted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from features.catalogue import Catalogue
from features.entity import digest
from features.store.contract import Track
from models.actions import RANK, REVIEW
from models.escalation import track_of
from streams.clients.verdict_log import VerdictLog
from streams.revert.candidate import Candidate, Judging
from streams.revert.plan import Plan, Planner
from streams.revert.publish import Publisher
from streams.revert.record import Revert
from streams.revert.scan import FindBundle, Scan, TimesOf
from streams.settings import Settings
from streams.store import redis_store

_AT_ONCE = 500
# Decisions that were in hand while the store forgot what they count are in the log by then.
_IN_HAND_S = 2.0


@dataclass(slots=True)
class Report:
    """``seen``: decisions in the span of time; ``fired``: in how many of them the rule fired; ``decisive``: how many
    decisions are another action without it, of which ``done`` were so before this run, by corrections that it found.

    ``changes``: corrections, published now or (dry run) to be published, by actions before and after. ``escalated``:
    among these, decisions that had only been escalated because of others. ``freed``: targets whom one of these
    hinders no more. ``harder``: decisions that would be a stronger action, and are left. ``uncounted``: decisions
    taken out of what escalations count. ``unjudged``: decisions that cannot be judged again, by reason.
    """

    seen: int = 0
    fired: int = 0
    decisive: int = 0
    done: int = 0
    harder: int = 0
    escalated: int = 0
    uncounted: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    freed: set[str] = field(default_factory=set)
    unjudged: Counter[str] = field(default_factory=Counter)

    @property
    def corrected(self) -> int:
        return self.changes.total()


class Undo:
    """``others``: reverts of the same kind that were declared before; their rules stay silent too.

    ``look_back_s``: for how long a decision can count towards another's escalation.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        bundles: FindBundle,
        revert: Revert,
        others: Sequence[Revert],
        look_back_s: int,
    ) -> None:
        self._settings = settings
        self._kind = catalogue.kind.name
        self._bundles = bundles
        self._revert = revert
        near = [one for one in others if one.to_ms > revert.from_ms - look_back_s * 1000]
        self._judging = Judging(catalogue, [revert, *near])
        self._scan = Scan(revert, near, self._judging, bundles)
        first_ms = min(one.from_ms for one in (revert, *near))
        # An event's time is at most so far after its append.
        self._begin_ms = first_ms - settings.max_future_s * 1000
        self._back_ms = self._begin_ms - look_back_s * 1000
        self._times: dict[str, int] = {}
        self._untracked: set[str] = set()
        self.report = Report()

    def look(self) -> Report:
        """What would be corrected; nothing is changed."""
        with VerdictLog(self._settings) as log:
            self._read(log, log.starts(self._begin_ms), log.ends())
            self._note(self._plan(log), first=True)
        return self.report

    def run(self, wait: Callable[[], None]) -> Report:
        """Publish what is not published yet; raises KafkaException or StoreUnavailable, then it is to be run again.

        ``wait`` is called before each record. Decisions that are made meanwhile are read too, until none of them has
        to be corrected.
        """
        publisher = Publisher(self._settings, wait)
        with VerdictLog(self._settings) as log:
            starts, plan = log.starts(self._begin_ms), None
            while plan is None or plan.corrections or plan.uncounted:
                ends = log.ends()
                self._read(log, starts, ends)
                plan, first = self._plan(log), plan is None
                self._note(plan, first=first)
                publisher.publish(log, plan.corrections, self._judging, self._bundles, self._revert)
                if plan.uncounted:
                    self._untrack(plan.uncounted)
                    time.sleep(_IN_HAND_S)
                starts = ends
        return self.report

    def _read(self, log: VerdictLog, starts: dict[int, int], ends: dict[int, int]) -> None:
        for message in log.read(starts, ends):
            self._scan.take(message)

    def _plan(self, log: VerdictLog) -> Plan:
        while True:
            planner = Planner(self._scan.candidates, self._times)
            missing = planner.unknown - self._times.keys()
            if not missing:
                plan = planner.plan(self._revert, self._scan.newest, self._scan.published)
                plan.uncounted = [one for one in plan.uncounted if one.id not in self._untracked]
                return plan
            lookup = TimesOf(missing)
            for message in log.read(log.starts(self._back_ms), log.ends()):
                lookup.take(message)
            # What the log does not have any more is as good as too old to count.
            self._times |= dict.fromkeys(missing, -(2**62)) | lookup.times

    def _note(self, plan: Plan, *, first: bool) -> None:
        report, scan = self.report, self._scan
        report.seen, report.fired, report.unjudged = scan.seen, scan.fired, scan.unjudged
        report.decisive = plan.decisive
        if first:
            report.done, report.harder = plan.done, plan.harder
        report.uncounted += len(plan.uncounted)
        for one in plan.corrections:
            report.changes[one.before, one.action] += 1
            report.escalated += one.escalated
            if _hinders(one.before) and not _hinders(one.action) and one.candidate.target is not None:
                report.freed.add(one.candidate.target)

    def _untrack(self, uncounted: Sequence[Candidate]) -> None:
        tracked = [
            (digest(one.partition_key), self._track(one), one.id)
            for one in uncounted
            if one.target is not None and one.counted is not None
        ]
        asyncio.run(_untrack(self._settings, tracked))
        self._untracked |= {one.id for one in uncounted}

    def _track(self, one: Candidate) -> Track:
        assert one.counted is not None
        assert one.target is not None
        return track_of(one.steps[one.counted], self._kind, digest(one.target))


def _hinders(action: str) -> bool:
    return RANK[action] > RANK[REVIEW]


async def _untrack(settings: Settings, tracked: Sequence[tuple[bytes, Track, str]]) -> None:
    store = redis_store(settings)
    try:
        for start in range(0, len(tracked), _AT_ONCE):
            await store.untrack(tracked[start : start + _AT_ONCE])
    finally:
        await store.close()
