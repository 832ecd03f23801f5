"""The report as one page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.backtest.report import KindReport, Report
from streams.offline.backtest.shown.details import example_list, rule_details
from streams.offline.backtest.shown.plots import fires, precisions, timeline
from streams.offline.backtest.shown.tables import changes, rules, sides
from streams.page.frame import cards, figure, whole
from streams.page.html import Markup, element
from streams.page.words import count

_OVER_TIME = "Enforced decisions over time; in the background all events."
_HOW_OFTEN = "How often each rule fires."
_PRECISE = "Precision of each rule on labelled events, with 95 % intervals."


def page(report: Report) -> str:
    """Everything is in it, and all that comes from events or files is escaped."""
    sections = [element("section", list(_kind(kind))) for kind in report.kinds]
    return whole("Weir backtest", [*_top(report), *sections])


def _top(report: Report) -> Iterator[Markup]:
    passed = ", ".join(f"{count(number)} {what}" for what, number in report.passed_over.items())
    words = f"{count(report.events)} events, features {report.features}."
    yield element("h1", "Backtest")
    yield element("p", f"{words} Passed over: {passed}." if passed else words, cls="faint")
    yield _notes(report.notes)


def _kind(kind: KindReport) -> Iterator[Markup]:
    new, old = kind.candidate, kind.baseline
    yield element("h2", kind.kind)
    yield element("p", f"{kind.first} to {kind.last}.")
    yield element("p", f"Candidate: {new.name}, bundle {new.bundle}. Baseline: {old.name}, bundle {old.bundle}.")
    yield _cards(kind)
    if kind.timeline:
        yield figure(timeline(kind.timeline), _OVER_TIME)
    yield element("h3", "Decisions")
    yield sides(kind)
    yield changes(kind)
    yield element("h3", "Rules")
    yield rules(kind)
    for plot, caption in ((fires(kind.rules), _HOW_OFTEN), (precisions(kind.rules), _PRECISE)):
        if plot is not None:
            yield figure(plot, caption)
    yield element("h3", "Rule by rule")
    for rule in kind.rules:
        yield rule_details(rule, kind.target)
    yield element("h3", "To read")
    yield example_list("Newly hit: enforced by the candidate, not by the baseline", kind.newly_hit_examples)
    yield example_list("Spared: enforced by the baseline, not by the candidate", kind.spared_examples)
    yield example_list("False alarms: labelled legit, enforced by the candidate", kind.false_alarms)
    yield example_list("Missed: labelled abuse, not enforced by the candidate", kind.missed)
    yield element("h3", "Notes")
    yield _notes(kind.notes)


def _cards(kind: KindReport) -> Markup:
    told = [
        ("events", count(kind.events)),
        ("labelled abuse, legit", f"{count(kind.labels['abuse'])}, {count(kind.labels['legit'])}"),
        (f"newly hit, by {kind.target}", count(kind.newly_hit.targets)),
        ("newly hit, by ip", count(kind.newly_hit.ips)),
        (f"spared, by {kind.target}", count(kind.spared.targets)),
        ("spared, by ip", count(kind.spared.ips)),
    ]
    if kind.judged_by_baseline:
        again = f"{count(kind.reproduced)} of {count(kind.judged_by_baseline)}"
        told.append(("of its own recorded decisions the baseline comes to again", again))
    return cards(told)


def _notes(notes: Sequence[str]) -> Markup:
    return element("ul", [element("li", note) for note in notes], cls="faint")
