"""What the page says of single rules and single events, to be opened by who wants to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.backtest.report import Blast, Example, Overlap, RuleReport, Seen
from streams.offline.backtest.shown.words import about, actions, blast, change, observed
from streams.page.html import Markup, element, joined
from streams.page.words import count, percent, shared

_SHOWN = 8


def rule_details(rule: RuleReport, target: str) -> Markup:
    """One rule, folded."""
    summary = element("summary", element("b", rule.id), f" fires {change(rule)}")
    return element("details", summary, list(_details(rule, target)))


def example_list(title: str, examples: Sequence[Example], nothing: str = "None.") -> Markup:
    """Events with the values that rules saw there."""
    if not examples:
        return element("p", f"{title}: {nothing}", cls="faint") if nothing else Markup("")
    return joined([element("p", title), element("ul", [_example(one) for one in examples])])


def _details(rule: RuleReport, target: str) -> Iterator[Markup]:
    now, was = rule.quality, rule.was_quality
    yield element("p", element("code", rule.when))
    yield element(
        "p", f"Newly fires on {count(rule.newly)} events, no longer on {count(rule.no_longer)}.", f" {_alone(rule)}"
    )
    yield element("p", f"Decided where it fires: {actions(rule.actions)}; {count(rule.decisive)} because of it.")
    yield element("p", f"Precision {shared(now.precision)}; of the baseline {shared(was.precision)}.")
    yield element("p", f"Recall {shared(now.recall)}; of the baseline {shared(was.recall)}.")
    yield _met("Fires on", rule.met, target)
    yield _met("Newly hit", rule.newly_hit, target)
    yield _met("Spared", rule.spared, target)
    if rule.overlaps:
        yield element("p", "Fires together with")
        yield element("ul", [_overlap(one) for one in rule.overlaps])
    yield example_list("Labelled legit, and it fires", rule.false_alarms, nothing="")
    yield example_list("Labelled abuse, and it does not fire", rule.missed, nothing="")


def _alone(rule: RuleReport) -> str:
    return f"On {count(rule.alone)} no other rule fires."


def _overlap(one: Overlap) -> Markup:
    return element(
        "li",
        f"{one.rule}: {count(one.both)} events, {percent(one.share)} of this rule's, "
        f"{percent(one.jaccard)} of those of either (Jaccard)",
    )


def _example(example: Example) -> Markup:
    words = [_seen(seen) for seen in example.seen]
    words.append(element("li", "decision ", element("code", example.id), cls="faint"))
    return element("li", about(example), element("ul", words))


def _seen(seen: Seen) -> Markup:
    values = element("code", observed(seen.observed), cls="faint")
    return element("li", element("b", seen.rule), f": {seen.text} ", values)


def _met(what: str, met: Blast, target: str) -> Markup:
    if not met.targets and not met.ips:
        return element("p", f"{what}: nobody.", cls="faint")
    more = ", …" if met.targets > _SHOWN else ""
    return element("p", f"{what}: {blast(met, target)}: {', '.join(met.target_names[:_SHOWN])}{more}")
