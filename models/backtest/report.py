"""What a backtest reports: plain values, the same for terminal, page and file."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from models.backtest.interval import Share


class Seen(msgspec.Struct, frozen=True):
    """A rule at an event: its words and the values that it saw there, whether it fires or not."""

    rule: str
    text: str
    observed: dict[str, Any]


class Example(msgspec.Struct, frozen=True):
    """One event to read. ``was``, ``becomes``: the actions of baseline and candidate; ``label`` may be empty."""

    id: str
    event_source: str
    event_id: str
    time: str
    target: str | None
    ip: str | None
    score: float | None
    was: str
    becomes: str
    label: str
    seen: tuple[Seen, ...]


class Quality(msgspec.Struct, frozen=True):
    """Of labelled events. ``precision``: abuse among those that are met; ``recall``: those met among all abuse."""

    precision: Share
    recall: Share


class Change(msgspec.Struct, frozen=True):
    """How many decisions go from one action to another."""

    was: str
    becomes: str
    count: int


class Blast(msgspec.Struct, frozen=True):
    """Whom a change meets: values of the target entity, and addresses, each counted once."""

    targets: int
    ips: int
    target_names: tuple[str, ...] = ()
    ip_names: tuple[str, ...] = ()


class Overlap(msgspec.Struct, frozen=True):
    """Another rule that fires on the same events: on how many, of those that either fires on, of this rule's."""

    rule: str
    both: int
    jaccard: float
    share: float


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. ``fires``, ``was_firing``: on how many events in candidate and baseline.

    ``actions``: what was decided where it fires. ``decisive``: enforced decisions that it asked for. ``alone``: where
    no other rule fires. ``newly_hit``: whom its decisions enforce something against and nothing did before;
    ``spared``: whom the rule's decisions met before and nothing does now. ``cost_ns``: time an event on the machine
    that reported, None if not measured.
    """

    id: str
    change: Literal["same", "changed", "new", "gone"]
    mode: str
    action: str
    when: str
    fires: int
    was_firing: int
    newly: int
    no_longer: int
    actions: dict[str, int]
    decisive: int
    alone: int
    quality: Quality
    was_quality: Quality
    met: Blast
    newly_hit: Blast
    spared: Blast
    overlaps: tuple[Overlap, ...]
    false_alarms: tuple[Example, ...] = ()
    missed: tuple[Example, ...] = ()
    cost_ns: float | None = None


class SideReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of one bundle. ``noticed``: any action but allow; ``enforced``: above review. ``hit``: by the latter.

    ``trips``: by budget, the event time from which on it was used up.
    """

    name: str
    bundle: str
    rules: int
    actions: dict[str, int]
    noticed: Quality
    enforced: Quality
    hit: Blast
    trips: dict[str, str]
    cost_ns: float | None = None


class Hour(msgspec.Struct, frozen=True):
    """``start`` is the beginning of a span of time; enforced decisions of both bundles in it."""

    start: str
    events: int
    candidate: int
    baseline: int


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """``reproduced``: of ``judged_by_baseline`` recorded decisions, those that the baseline comes to again."""

    kind: str
    target: str
    events: int
    first: str
    last: str
    labels: dict[str, int]
    candidate: SideReport
    baseline: SideReport
    changes: tuple[Change, ...]
    newly_hit: Blast
    spared: Blast
    rules: tuple[RuleReport, ...]
    newly_hit_examples: tuple[Example, ...]
    spared_examples: tuple[Example, ...]
    false_alarms: tuple[Example, ...]
    missed: tuple[Example, ...]
    timeline: tuple[Hour, ...]
    judged_by_baseline: int
    reproduced: int
    notes: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``features``: "recorded" or "recomputed". ``passed_over``: records that were not judged, by reason."""

    features: Literal["recorded", "recomputed"]
    events: int
    passed_over: dict[str, int]
    kinds: tuple[KindReport, ...]
    notes: tuple[str, ...]
