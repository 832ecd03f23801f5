"""The page about models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.model_report.plots import reliability
from streams.model_report.tables import changes, gate, kept, models, promises, quality, thresholds
from streams.model_report.told import Kind, Shown
from streams.model_report.words import figure as number
from streams.model_report.words import moment, rate
from streams.page.frame import cards, figure, whole
from streams.page.html import Markup, element
from streams.page.words import DASH, count

_HOW = (
    "All figures are of scores as they were recorded at decision time, against labels that came later; of the newest "
    "labels only. Labels are no fair sample of the traffic."
)
_QUALITY = "AUC: 0.5 is chance, 1 is perfect. Of all others lower is better, and 0 is perfect."
_RELIABLE = "On the dashed line every probability came true; a dot's area is the number of its labels."
_GATE = (
    "Evidence of 100 is enough; chance alone reaches x with a probability of at most 1/x, however often one looks. "
    "Gain: by how much the Brier score is lower, so better, both classes weighing alike."
)
_PROMISED = "Achieved: by legitimate labels, with its 95 % interval; red where it is above what was promised."


def page(kinds: Sequence[Kind], now_ms: int) -> str:
    """``now_ms``: when it is made, from which ages are counted."""
    top = [element("h1", "Models"), element("p", f"{moment(now_ms)}. {_HOW}", cls="faint")]
    return whole("Weir models", [*top, *(element("section", list(_kind(kind, now_ms))) for kind in kinds)])


def _kind(kind: Kind, now_ms: int) -> Iterator[Markup]:
    present = [one for one in kind.models if one.alias in ("champion", "challenger")]
    stored = [one for one in kind.models if one not in present]
    yield element("h2", kind.kind)
    yield _cards(kind, present)
    yield from _drift(kind)
    yield element("h3", "Models")
    yield models(present, now_ms)
    for title, words, made in (
        ("How good they were", _QUALITY, quality(present)),
        ("At the present thresholds", "", thresholds(present)),
        ("Promised and achieved false positive rates", _PROMISED, promises(present)),
        ("The gate", _GATE, gate(present)),
    ):
        if made is not None:
            yield element("h3", title)
            yield element("p", words, cls="faint") if words else Markup("")
            yield made
    yield from _reliability(present)
    if kind.changed:
        yield element("h3", "Promotions and rollbacks")
        yield changes(kind.changed)
    if stored:
        yield element("h3", "Kept for good: what a rollback can go to")
        yield kept(stored)


def _cards(kind: Kind, present: Sequence[Shown]) -> Markup:
    champion = present[0]
    figures = None if champion.manifest is None else champion.manifest.figures
    challengers = [one for one in present if one.judgement is not None]
    passing = sum(1 for one in challengers if one.judgement is not None and one.judgement.passed)
    told = [
        ("champion", champion.model),
        ("its AUC", DASH if figures is None else number(figures.auc)),
        ("its calibration error", DASH if figures is None else number(figures.calibration_error)),
        ("labels of abuse, legit", DASH if figures is None else f"{count(figures.abuse)}, {count(figures.legit)}"),
        ("share of abuse among labels", DASH if figures is None else rate(figures.base_rate)),
        ("challengers that pass the gate", f"{passing} of {len(challengers)}"),
        ("drift alarms", DASH if kind.alarms is None else str(len(kind.alarms))),
    ]
    return cards(told)


def _drift(kind: Kind) -> Iterator[Markup]:
    yield element("h3", "Drift")
    told = [f"{alarm.words} Since {moment(alarm.since_ms)}." for alarm in kind.alarms or ()]
    # A checkpoint may know of an alarm that has ended since, or that nobody has announced yet.
    told += [
        f"{one.model}, when its checkpoint was made: {words}"
        for one in kind.models
        if one.manifest is not None and one.alias in ("champion", "challenger")
        for words in one.manifest.drifting
        if not any(words in other for other in told)
    ]
    if told:
        yield element("ul", [element("li", words, cls="bad") for words in told])
    else:
        quiet = "No alarm stands." if kind.alarms is not None else "No alarm was ever announced."
        yield element("p", quiet, cls="faint")


def _reliability(present: Sequence[Shown]) -> Iterator[Markup]:
    plots = [
        figure(reliability(one.model, found.reliability), f"{one.model}: {_error(found.calibration_error)}")
        for one in present
        if one.manifest is not None and (found := one.manifest.figures) is not None and found.reliability
    ]
    if plots:
        yield element("h3", "Whether probabilities came true")
        yield element("p", _RELIABLE, cls="faint")
        yield element("div", plots, cls="several")


def _error(error: float | None) -> str:
    return f"calibration error {number(error)}"
