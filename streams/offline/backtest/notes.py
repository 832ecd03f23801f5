"""What a reader of a report has to know of how it came about, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from models.backtest.comparison import BASELINE, CANDIDATE
from streams.offline.backtest.judging import KindJudging
from streams.offline.backtest.merge import Merge

_NAMED = 5


def notes(features: Literal["recorded", "recomputed"], merge: Merge) -> Iterator[str]:
    """Of the whole report."""
    if features == "recorded":
        yield "Features, scores, entity labels, snoozes, freezes and protection are those that verdicts recorded."
    else:
        yield (
            "Features and scores were computed anew in the order of the input, which begins with an empty store and "
            "models that have learned nothing; nothing that people set live was looked up."
        )
    labels = sum(
        count
        for comparison in merge.comparisons.values()
        for shape, count in comparison.shapes.items()
        if shape.label
    )
    if labels:
        yield (
            f"Precision and recall are of the {labels:,} labelled events, with 95 % intervals (Wilson 1927). They "
            "say as much of all events as the choice of what was labelled does."
        )
    else:
        yield "No event is labelled, so nothing is known of precision and recall: name labels with --labels."


def kind_notes(kind: KindJudging, merge: Merge) -> Iterator[str]:
    """Of one kind."""
    groups = {group: count for group, count in merge.groups.items() if group.kind == kind.kind}
    unknown = {group.bundle: 0 for group in groups if not kind.knows(group.bundle)}
    for group, count in groups.items():
        if group.bundle in unknown:
            unknown[group.bundle] += count
    if unknown:
        names = ", ".join(sorted(unknown)[:_NAMED])
        yield (
            f"{sum(unknown.values()):,} verdicts name bundles that are not known here ({names}): of lists, what they "
            "recorded counts beside what the files of the compared bundles say."
        )
    asked = [{name for _, name in bundle.engine.memberships} for bundle in kind.bundles]
    for name in sorted(asked[CANDIDATE] - asked[BASELINE]):
        yield f"lists.{name} is asked only by the candidate: it is looked up in its files, not in what was set live."
    others = sum(count for group, count in groups.items() if group.schema != kind.catalogue.schema)
    if others:
        yield (
            f"{others:,} verdicts were made with other features than today's: one that they do not have counts as "
            "its value for a stranger."
        )
    blind = sum(count for group, count in groups.items() if group.blind)
    if blind:
        yield f"{blind:,} verdicts were decided without features, and are so here too."
    policies = [bundle.policy for bundle in kind.bundles]
    promised = [set(policy.promised_rates) for policy in policies]
    for rate in sorted(promised[CANDIDATE] - promised[BASELINE]):
        yield (
            f"A false positive rate of {rate:g} is promised only by the candidate: of verdicts that recorded no "
            "threshold for it, its band asks nothing here, so in force it will act more often than is shown."
        )
    if any(policy.escalation for policy in policies):
        yield "Escalations count the decisions of each bundle from the first event on, none from before."
    if any(policy.budgets for policy in policies):
        yield (
            "Budgets begin full, are looked up event by event, and never reset; workers look them up once a "
            "micro-batch, and may overshoot by that."
        )
