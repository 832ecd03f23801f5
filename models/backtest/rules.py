"""What is reported of every rule of either bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.actions import RANK
from models.backtest.comparison import BASELINE, CANDIDATE, Comparison, Reach
from models.backtest.gallery import FALSE_ALARM, Gallery
from models.backtest.interval import share
from models.backtest.report import Blast, Overlap, Quality, RuleReport
from models.rules.rule import Rule

_NAMED = 20
_OVERLAPS = 5
_NOBODY = Reach()


@dataclass(slots=True)
class _Fires:
    """Of one rule in one bundle. ``labels``: of the events on which it fires. ``beside``: other rules by place."""

    events: int = 0
    alone: int = 0
    decisive: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    beside: Counter[int] = field(default_factory=Counter)


def rule_reports(comparison: Comparison, gallery: Gallery, costs: Mapping[str, float]) -> Iterator[RuleReport]:
    """The candidate's rules in its order, then those that only the baseline has."""
    rules = [{rule.id: rule for rule in bundle.engine.rules} for bundle in comparison.bundles]
    fires = [_fires(comparison, side) for side in (CANDIDATE, BASELINE)]
    places = [{name: place for place, name in enumerate(of)} for of in rules]
    both = _both(comparison)
    abuse = sum(count for shape, count in comparison.shapes.items() if shape.label == "abuse")
    for name in [*rules[CANDIDATE], *(name for name in rules[BASELINE] if name not in rules[CANDIDATE])]:
        new, old = rules[CANDIDATE].get(name), rules[BASELINE].get(name)
        side = CANDIDATE if new is not None else BASELINE
        rule = rules[side][name]
        now, was = (fires[one][places[one][name]] if name in places[one] else _Fires() for one in (0, 1))
        shown = (now, was)[side]
        struck, was_struck = (comparison.struck[one].get(name, _NOBODY) for one in (0, 1))
        hit, was_hit = comparison.hits
        yield RuleReport(
            id=name,
            change=_change(new, old),
            mode=rule.mode,
            action=rule.action,
            when=rule.when,
            fires=now.events,
            was_firing=was.events,
            newly=now.events - both[name],
            no_longer=was.events - both[name],
            actions=dict(sorted(shown.actions.items(), key=lambda one: RANK[one[0]])),
            decisive=shown.decisive,
            alone=shown.alone,
            quality=_quality(now, abuse),
            was_quality=_quality(was, abuse),
            met=blast(comparison.fires[side].get(places[side][name], _NOBODY)),
            newly_hit=gained(struck, was_hit),
            spared=gained(was_struck, hit),
            overlaps=tuple(_overlaps(shown, fires[side], list(rules[side]))),
            false_alarms=gallery.of(FALSE_ALARM, name),
            missed=gallery.missed_by(name),
            cost_ns=costs.get(name),
        )


def blast(reach: Reach) -> Blast:
    """How many, and the first few by name."""
    return Blast(
        len(reach.targets),
        len(reach.ips),
        tuple(sorted(reach.targets)[:_NAMED]),
        tuple(sorted(reach.ips)[:_NAMED]),
    )


def gained(mine: Reach, others: Reach) -> Blast:
    """Whom the one meets and the other does not, in the whole range."""
    return blast(Reach(mine.targets - others.targets, mine.ips - others.ips))


def _fires(comparison: Comparison, side: int) -> list[_Fires]:
    bundle = comparison.bundles[side]
    rules = bundle.engine.rules
    fires = [_Fires() for _ in rules]
    for shape, count in comparison.shapes.items():
        fired, action = shape.fired[side], shape.actions[side]
        enforced = bool(fired) and bundle.policy.enforced(action)
        for place in fired:
            one = fires[place]
            one.events += count
            one.actions[action] += count
            one.labels[shape.label] += count
            one.alone += count if len(fired) == 1 else 0
            one.decisive += count if enforced and rules[place].id in shape.rules[side] else 0
            for other in fired:
                if other != place:
                    one.beside[other] += count
    return fires


def _both(comparison: Comparison) -> Counter[str]:
    """By rule, on how many events both bundles have it fire."""
    names = [[rule.id for rule in bundle.engine.rules] for bundle in comparison.bundles]
    both: Counter[str] = Counter()
    for shape, count in comparison.shapes.items():
        new, old = ({names[side][place] for place in shape.fired[side]} for side in (CANDIDATE, BASELINE))
        for name in new & old:
            both[name] += count
    return both


def _quality(fires: _Fires, abuse: int) -> Quality:
    met = fires.labels["abuse"]
    return Quality(precision=share(met, met + fires.labels["legit"]), recall=share(met, abuse))


def _overlaps(fires: _Fires, all_fires: list[_Fires], names: list[str]) -> Iterator[Overlap]:
    for place, both in sorted(fires.beside.items(), key=lambda one: (-one[1], one[0]))[:_OVERLAPS]:
        either = fires.events + all_fires[place].events - both
        yield Overlap(names[place], both, both / either, both / fires.events)


def _change(new: Rule | None, old: Rule | None) -> Literal["same", "changed", "new", "gone"]:
    if new is None or old is None:
        return "gone" if new is None else "new"
    return "same" if new == old else "changed"
