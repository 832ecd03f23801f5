"""Two bundles over the same events, in log order: what each decides, and everything that a report is counted from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from models.backtest.ledger import Ledger
from models.backtest.side import Sided
from models.bundle import Bundle
from models.facts import NO_FACTS
from models.judge import settle
from models.policy import Outcome

HOUR_MS = 3_600_000
CANDIDATE, BASELINE = 0, 1


class Row(msgspec.Struct, frozen=True, gc=False):
    """A verdict of which at least one of the bundles, or its own, asks for something.

    ``place``: its number among those that were read with it. ``recorded``: the action that was taken.
    """

    place: int
    id: str
    target: str | None
    ip: str | None
    score: float | None
    recorded: str
    sides: tuple[Sided, Sided]


class Shape(msgspec.Struct, frozen=True, gc=False):
    """What events are counted by; pairs are candidate and baseline. ``label``: "abuse", "legit", or "" for none."""

    fired: tuple[tuple[int, ...], tuple[int, ...]]
    actions: tuple[str, str]
    rules: tuple[tuple[str, ...], tuple[str, ...]]
    label: str


class Reach(msgspec.Struct):
    """Whom something meets: values of the target entity, and addresses."""

    targets: set[str] = msgspec.field(default_factory=set)
    ips: set[str] = msgspec.field(default_factory=set)

    def add(self, target: str | None, ip: str | None) -> None:
        if target is not None:
            self.targets.add(target)
        if ip is not None:
            self.ips.add(ip)


class Comparison:
    """Of one kind. ``shapes`` hold every event; ``hits``, ``fires`` and ``struck`` whom each bundle and rule meets.

    ``struck``: by rule, whom an enforced action met that it asked for. ``hours``: events, and enforced decisions of
    both, by the hour since 1970.
    """

    def __init__(self, kind: str, bundles: tuple[Bundle, Bundle]) -> None:
        self.kind = kind
        self.bundles = bundles
        self.is_one = bundles[CANDIDATE].hash == bundles[BASELINE].hash
        self.ledgers = tuple(Ledger(bundle, kind) for bundle in (bundles[:1] if self.is_one else bundles))
        self.shapes: Counter[Shape] = Counter()
        self.hits = (Reach(), Reach())
        self.fires: tuple[Mapping[int, Reach], ...] = (defaultdict(Reach), defaultdict(Reach))
        self.struck: tuple[Mapping[str, Reach], ...] = (defaultdict(Reach), defaultdict(Reach))
        self.hours: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.first_ms = self.last_ms = 0
        self.judged_by_baseline = self.reproduced = 0

    @property
    def has_budgets(self) -> bool:
        """Whether every event has to pass by, in order."""
        return any(bundle.policy.budgets for bundle in self.bundles)

    def meet(self, first_ms: int, last_ms: int, hours: Iterable[tuple[int, int]]) -> None:
        """Take note of the times of events: the least, the greatest, and their numbers by hour."""
        self.first_ms = min(first_ms, self.first_ms) if self.hours else first_ms
        self.last_ms = max(last_ms, self.last_ms) if self.hours else last_ms
        for hour, count in hours:
            self.hours[hour][0] += count

    def silence(self, count: int, label: str = "") -> None:
        """Count events of which nobody asks anything."""
        if count:
            self.shapes[Shape(((), ()), ("allow", "allow"), ((), ()), label)] += count

    def pass_by(self, time_ms: int) -> None:
        """Let the budgets see such an event that was not decided blindly."""
        for ledger in self.ledgers:
            if ledger.watches:
                ledger.pass_by(time_ms)

    def decide(self, row: Row, time_ms: int, label: str, *, blind: bool) -> tuple[Outcome, Outcome]:
        """What both bundles come to, counted."""
        candidate = self._decide(CANDIDATE, row, time_ms, blind)
        baseline = candidate if self.is_one else self._decide(BASELINE, row, time_ms, blind)
        outcomes = (candidate, baseline)
        fired = (row.sides[CANDIDATE].fired, row.sides[BASELINE].fired)
        shape = Shape(fired, (candidate.action, baseline.action), (candidate.rules, baseline.rules), label)
        self.shapes[shape] += 1
        for side, outcome in enumerate(outcomes):
            for position in fired[side]:
                self.fires[side][position].add(row.target, row.ip)
            if outcome.action != "allow" and self.bundles[side].policy.enforced(outcome.action):
                self.hits[side].add(row.target, row.ip)
                self.hours[time_ms // HOUR_MS][1 + side] += 1
                for rule in outcome.rules:
                    self.struck[side][rule].add(row.target, row.ip)
        return outcomes

    def _decide(self, side: int, row: Row, time_ms: int, blind: bool) -> Outcome:
        sided, bundle, ledger = row.sides[side], self.bundles[side], self.ledgers[side]
        if ledger.is_idle:
            return sided.outcome
        plain = NO_FACTS if sided.facts is None else sided.facts
        facts = ledger.facts(plain, row.target, time_ms, blind=blind)
        outcome = sided.outcome
        if facts is not plain:
            outcome = settle(sided.fired, bundle, row.score, facts, blind=blind)
        if not blind:
            ledger.note(outcome, row.target, time_ms, row.id)
        return outcome
