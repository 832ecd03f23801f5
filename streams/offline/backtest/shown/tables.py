"""The tables of the page."""

from __future__ import annotations

from collections.abc import Sequence

from models.backtest.report import KindReport, RuleReport, SideReport
from streams.offline.backtest.shown.words import actions, blast, change, duration
from streams.page.html import Markup, element, joined
from streams.page.table import table
from streams.page.words import count, shared

_SIDE_HEAD = ("", "actions", "any action: precision", "recall", "enforced: precision", "recall", "meets")
_RULE_HEAD = (
    *("rule", "", "asks for", "fires", "decisive", "meets", "newly hit", "spared"),
    *("precision", "recall", "cost an event"),
)
_RULE_NUMBERS = (3, 4, 5, 6, 7, 10)


def sides(kind: KindReport) -> Markup:
    """What both decide in all."""
    rows = [_side("candidate", kind.candidate, kind.target), _side("baseline", kind.baseline, kind.target)]
    return table(_SIDE_HEAD, rows)


def changes(kind: KindReport) -> Markup:
    """From which action to which decisions go, and which budgets were used up."""
    rows = [(one.was, one.becomes, count(one.count)) for one in kind.changes]
    made = table(("baseline", "candidate", "decisions"), rows, (2,))
    trips = [
        element("p", f"The {name}'s budget {budget!r} was used up at {at}.")
        for name, side in (("candidate", kind.candidate), ("baseline", kind.baseline))
        for budget, at in side.trips.items()
    ]
    same = element("p", "Both decide the same about every event.")
    return joined([made if rows else same, *trips])


def rules(kind: KindReport) -> Markup:
    """A line for every rule."""
    return table(_RULE_HEAD, [_rule(rule) for rule in kind.rules], _RULE_NUMBERS)


def _side(name: str, side: SideReport, target: str) -> Sequence[str]:
    quality = [share for of in (side.noticed, side.enforced) for share in (of.precision, of.recall)]
    return (name, actions(side.actions), *map(shared, quality), blast(side.hit, target))


def _rule(rule: RuleReport) -> Sequence[str]:
    return (
        rule.id,
        "" if rule.change == "same" else element("span", rule.change, cls=rule.change),
        rule.action if rule.mode == "live" else f"{rule.action} ({rule.mode})",
        change(rule),
        count(rule.decisive),
        count(rule.met.targets),
        count(rule.newly_hit.targets),
        count(rule.spared.targets),
        shared(rule.quality.precision),
        shared(rule.quality.recall),
        duration(rule.cost_ns),
    )
