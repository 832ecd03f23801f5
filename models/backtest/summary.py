"""From what was counted to what is reported, for one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from features.event import to_rfc3339
from models.actions import RANK
from models.backtest.comparison import BASELINE, CANDIDATE, HOUR_MS, Comparison, Shape
from models.backtest.gallery import FALSE_ALARM, MISSED, NEWLY_HIT, SPARED, Gallery
from models.backtest.interval import share
from models.backtest.report import Change, Hour, KindReport, Quality, SideReport
from models.backtest.rules import blast, gained, rule_reports

ABUSE, LEGIT = "abuse", "legit"
_SPANS = 96
# What lies further out is a clock that is wrong: it would press everything else into one corner.
_OUTSIDE = 0.001


def summary(
    comparison: Comparison,
    gallery: Gallery,
    names: tuple[str, str],
    target: str,
    notes: Iterable[str],
    costs: Mapping[str, float],
) -> KindReport:
    """``names``: of candidate and baseline. ``costs``: ns an event by rule; "" is the whole candidate."""
    shapes = comparison.shapes
    changes: Counter[tuple[str, str]] = Counter()
    labels: Counter[str] = Counter()
    for shape, count in shapes.items():
        labels[shape.label] += count
        becomes, was = shape.actions
        if becomes != was:
            changes[was, becomes] += count
    new, old = comparison.hits
    return KindReport(
        kind=comparison.kind,
        target=target,
        events=shapes.total(),
        first=to_rfc3339(comparison.first_ms),
        last=to_rfc3339(comparison.last_ms),
        labels={ABUSE: labels[ABUSE], LEGIT: labels[LEGIT]},
        candidate=_side(comparison, CANDIDATE, names[CANDIDATE], costs.get("")),
        baseline=_side(comparison, BASELINE, names[BASELINE], None),
        changes=tuple(
            Change(was, becomes, count)
            for (was, becomes), count in sorted(changes.items(), key=lambda one: (-one[1], one[0]))
        ),
        newly_hit=gained(new, old),
        spared=gained(old, new),
        rules=tuple(rule_reports(comparison, gallery, costs)),
        newly_hit_examples=gallery.of(NEWLY_HIT),
        spared_examples=gallery.of(SPARED),
        false_alarms=gallery.of(FALSE_ALARM),
        missed=gallery.of(MISSED),
        timeline=tuple(_timeline(comparison.hours)),
        judged_by_baseline=comparison.judged_by_baseline,
        reproduced=comparison.reproduced,
        notes=tuple(notes),
    )


def quality(counts: Mapping[tuple[bool, str], int]) -> Quality:
    """``counts``: of labelled events, by whether they are met, and their label."""
    met = counts.get((True, ABUSE), 0)
    return Quality(
        precision=share(met, met + counts.get((True, LEGIT), 0)),
        recall=share(met, met + counts.get((False, ABUSE), 0)),
    )


def _side(comparison: Comparison, side: int, name: str, cost_ns: float | None) -> SideReport:
    bundle = comparison.bundles[side]
    policy = bundle.policy
    actions: Counter[str] = Counter()
    for shape, count in comparison.shapes.items():
        actions[shape.actions[side]] += count
    ledger = comparison.ledgers[0 if comparison.is_one else side]
    return SideReport(
        name=name,
        bundle=bundle.hash,
        rules=len(bundle.engine.rules),
        actions=dict(sorted(actions.items(), key=lambda one: RANK[one[0]])),
        noticed=quality(_counts(comparison, lambda shape: shape.actions[side] != "allow")),
        enforced=quality(_counts(comparison, lambda shape: policy.enforced(shape.actions[side]))),
        hit=blast(comparison.hits[side]),
        trips={name: to_rfc3339(at_ms) for name, at_ms in sorted(ledger.trips.items())},
        cost_ns=cost_ns,
    )


def _counts(comparison: Comparison, is_met: Callable[[Shape], bool]) -> Counter[tuple[bool, str]]:
    counts: Counter[tuple[bool, str]] = Counter()
    for shape, count in comparison.shapes.items():
        if shape.label:
            counts[is_met(shape), shape.label] += count
    return counts


def _timeline(hours: Mapping[int, Sequence[int]]) -> Iterator[Hour]:
    """Hours in at most 96 spans of equal length, without the few events that lie far outside."""
    known = sorted(hours)
    total = sum(hours[hour][0] for hour in known)
    seen, inside = 0, []
    for hour in known:
        if seen + hours[hour][0] > total * _OUTSIDE and seen < total * (1 - _OUTSIDE):
            inside.append(hour)
        seen += hours[hour][0]
    if not inside:
        return
    width = -(-(inside[-1] - inside[0] + 1) // _SPANS)
    spans: dict[int, list[int]] = {}
    for hour in inside:
        span = spans.setdefault((hour - inside[0]) // width, [0, 0, 0])
        for place, count in enumerate(hours[hour]):
            span[place] += count
    for number in range((inside[-1] - inside[0]) // width + 1):
        events, candidate, baseline = spans.get(number, (0, 0, 0))
        yield Hour(to_rfc3339((inside[0] + number * width) * HOUR_MS), events, candidate, baseline)
