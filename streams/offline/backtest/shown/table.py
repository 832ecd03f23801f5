"""The report on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from models.backtest.report import Example, KindReport, Report, RuleReport
from streams.offline.backtest.shown.words import about, actions, blast, change, duration
from streams.page.words import count, shared

_EXAMPLES = 3
# Where there is no terminal nothing is cut; on a narrow one some columns are left to page and file.
_WIDE = 220
_NARROW = 150


def show(report: Report) -> None:
    """Print it; the examples are a few of those that page and file have."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    passed = ", ".join(f"{count(number)} {what}" for what, number in report.passed_over.items())
    told = f"passed over: {passed}" if passed else ""
    _say(console, f"{count(report.events)} events, features {report.features}", told)
    changed = [kind for kind in report.kinds if kind.candidate.bundle != kind.baseline.bundle]
    for kind in changed or report.kinds:
        _kind(console, kind)
    for kind in report.kinds:
        if changed and kind not in changed:
            _say(
                console, f"\n{kind.kind}: {count(kind.events)} events, and the same rules and policy: nothing changes"
            )
    _say(console)
    for note in report.notes:
        _say(console, note)


def _kind(console: Console, kind: KindReport) -> None:
    _say(console, f"\n{kind.kind}: {count(kind.events)} events, {kind.first} to {kind.last}")
    _sides(console, kind)
    is_one = kind.candidate.bundle == kind.baseline.bundle
    if not is_one:
        changes = [f"{one.was} → {one.becomes} {count(one.count)}" for one in kind.changes]
        _say(console, f"changes: {', '.join(changes) or 'none'}")
        _say(console, f"newly hit: {blast(kind.newly_hit, kind.target)}; spared: {blast(kind.spared, kind.target)}")
    for name, side in (("candidate", kind.candidate), ("baseline", kind.baseline)):
        for budget, at in side.trips.items():
            _say(console, f"the {name}'s budget {budget!r} was used up at {at}")
    if kind.judged_by_baseline:
        again = f"{count(kind.reproduced)} of {count(kind.judged_by_baseline)}"
        _say(console, f"of its own recorded decisions the baseline comes to again: {again}")
    _rules(console, kind)
    for title, examples in (
        ("newly hit", kind.newly_hit_examples),
        ("spared", kind.spared_examples),
        ("legit, and enforced", kind.false_alarms),
        ("abuse, and not enforced", kind.missed),
    ):
        for example in examples[:_EXAMPLES]:
            _say(console, f"{title}: {_words(example)}")
    for note in kind.notes:
        _say(console, note)


def _sides(console: Console, kind: KindReport) -> None:
    new, old = kind.candidate, kind.baseline
    both = [("candidate", new), ("baseline", old)] if new.bundle != old.bundle else [("both", new)]
    table = Table("", "bundle", "actions", "enforced: precision", "recall", "meets", show_edge=False)
    for name, side in both:
        precision, recall = shared(side.enforced.precision), shared(side.enforced.recall)
        met = blast(side.hit, kind.target)
        table.add_row(name, f"{side.name} {side.bundle}", actions(side.actions), precision, recall, met)
    console.print(table, highlight=False, markup=False)


def _rules(console: Console, kind: KindReport) -> None:
    narrow = console.width < _NARROW
    table = Table("rule", "", "asks for", show_edge=False)
    for name in ("fires", "newly hit", "spared", *(() if narrow else ("decisive", f"{kind.target}s"))):
        table.add_column(name, justify="right")
    for name in ("precision", "recall", *(() if narrow else ("most with", "cost"))):
        table.add_column(name)
    silent = [rule for rule in kind.rules if not rule.fires and not rule.was_firing and rule.change == "same"]
    for rule in kind.rules:
        if rule not in silent:
            table.add_row(*_rule(rule, narrow))
    if table.row_count:
        console.print(table, highlight=False, markup=False)
    if silent:
        _say(console, f"never fire: {', '.join(rule.id for rule in silent)}")


def _rule(rule: RuleReport, narrow: bool) -> list[str]:
    beside = rule.overlaps[0] if rule.overlaps else None
    words = [
        rule.id,
        "" if rule.change == "same" else rule.change,
        rule.action if rule.mode == "live" else f"{rule.action} ({rule.mode})",
        change(rule),
        count(rule.newly_hit.targets),
        count(rule.spared.targets),
    ]
    words += [] if narrow else [count(rule.decisive), count(rule.met.targets)]
    words += [shared(rule.quality.precision), shared(rule.quality.recall)]
    with_other = "" if beside is None else f"{beside.rule} {beside.share:.0%}"
    return words + ([] if narrow else [with_other, duration(rule.cost_ns)])


def _words(example: Example) -> str:
    return "; ".join([about(example), *(f"{seen.rule}: {seen.text}" for seen in example.seen)])


def _say(console: Console, *parts: str) -> None:
    console.print("; ".join(part for part in parts if part), highlight=False, markup=False, soft_wrap=True)
