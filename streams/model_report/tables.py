"""The tables of the page about models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.learning.figures import At, Figures
from models.learning.threshold import Threshold
from models.registry import Manifest
from streams.model_report.told import Changed, Shown
from streams.model_report.words import counted, figure, moment, rate, short, span
from streams.page.html import Markup, element, joined
from streams.page.table import table
from streams.page.words import DASH, count

_NO_FIGURES = Figures(abuse=0, legit=0)
_MODELS = (*("model", "is", "version", "age", "learned", "labels", "base rate", "delay of labels", "an event costs"),)
_QUALITY = ("model", "AUC", "log loss", "Brier score", "calibration error", "of which by chance")
_THRESHOLDS = ("model", "threshold", "on the calibrated score", "recall", "false positive rate", "precision")
_PROMISES = ("model", "promised", "achieved", "threshold", "found from", "what is missing")
_GATE = ("challenger", "the gate", "evidence", "gain", "decisions", "recall at equal false positives", "in words")


def models(shown: Sequence[Shown], now_ms: int) -> Markup:
    """A line for every model: how old it is, what it learned from, and what it costs."""
    return table(_MODELS, [_model(one, now_ms) for one in shown], (3, 4, 6, 8))


def quality(shown: Sequence[Shown]) -> Markup | None:
    """How good they were; None: no labels have met a score yet."""
    rows = [
        (
            one.model,
            figure(found.auc),
            figure(found.log_loss),
            figure(found.brier),
            figure(found.calibration_error),
            DASH if found.calibration_error is None else figure(found.calibration_noise),
        )
        for one in shown
        if one.manifest is not None and (found := _of(one.manifest)).abuse + found.legit
    ]
    return table(_QUALITY, rows, range(1, 6)) if rows else None


def thresholds(shown: Sequence[Shown]) -> Markup | None:
    """Recall and precision at the thresholds of the policy in force; None: nothing is known of any."""
    rows = [row for one in shown if one.manifest is not None for row in _thresholds(one.manifest)]
    return table(_THRESHOLDS, rows, (3, 4, 5)) if rows else None


def promises(shown: Sequence[Shown]) -> Markup | None:
    """What was promised, and what rate was achieved; None: the policy promises none."""
    rows = [row for one in shown if one.manifest is not None for row in _promises(one.manifest)]
    return table(_PROMISES, rows, (4,)) if rows else None


def gate(shown: Sequence[Shown]) -> Markup | None:
    """What speaks for and against each challenger; None: there are none."""
    rows = [_judged(one) for one in shown if one.judgement is not None]
    return table(_GATE, rows, (2, 3, 4)) if rows else None


def kept(shown: Sequence[Shown]) -> Markup:
    """Versions that were promoted, and to which a rollback can go."""
    rows = [
        (one.model, short(one.version), moment(made.made_ms), count(made.learned), figure(_of(made).auc))
        for one in shown
        if (made := one.manifest) is not None
    ]
    return table(("model", "version", "made", "learned", "AUC"), rows, (3, 4))


def changes(changed: Sequence[Changed]) -> Markup:
    """Who became champion when, and in whose place."""
    rows = [
        (moment(one.at_ms), "rolled back" if one.rollback else "promoted", one.champion, one.replaced, _why(one))
        for one in changed
    ]
    return table(("when", "", "champion", "in place of", "the gate"), rows)


def _model(one: Shown, now_ms: int) -> Sequence[str]:
    state = [one.alias, *(["pinned"] if one.pinned else [])]
    made = one.manifest
    if made is None:
        gone = "not in the registry" if one.version is not None else "has learned nothing yet"
        return (one.model, ", ".join([*state, gone]), short(one.version), *[DASH] * 6)
    found = _of(made)
    state += [] if made.ready else ["warming"]
    return (
        one.model,
        ", ".join(state),
        element("code", short(one.version)),
        span(max(0, now_ms - made.made_ms) / 1000),
        count(made.learned),
        f"{count(found.abuse)} abuse, {count(found.legit)} legit",
        rate(found.base_rate),
        _delay(found),
        DASH if made.cost_us is None else f"{made.cost_us:.3g} µs",
    )


def _delay(found: Figures) -> str:
    if found.delay_p50_s is None:
        return DASH
    return f"half within {span(found.delay_p50_s)}, 90 % within {span(found.delay_p90_s)}"


def _thresholds(made: Manifest) -> Iterator[Sequence[str]]:
    found = _of(made)
    for name, at in found.at_rate.items():
        yield made.model, f"promised {rate(float(name))}", _interval(made.thresholds.get(name)), *_at(at)
    for name, at in found.at_score.items():
        yield made.model, "a band's score", name, *_at(at)


def _at(at: At) -> Sequence[str]:
    return rate(at.recall), rate(at.false_positive_rate), rate(at.precision)


def _interval(one: Threshold | None) -> str:
    return DASH if one is None else f"{one.value:.4f} ({one.low:.4f} to {one.high:.4f})"


def _promises(made: Manifest) -> Iterator[Sequence[str]]:
    kept = _of(made).kept
    for name in sorted({*kept, *made.thresholds}, key=float):
        threshold, held = made.thresholds.get(name), kept.get(name)
        achieved, measured = (
            (held.achieved, held.measured)
            if held is not None
            else (threshold.achieved, threshold.measured)
            if threshold is not None
            else (None, 0)
        )
        missing = held.missing if held is not None else ""
        thin = threshold is not None and threshold.thin
        words = missing or ("too few labels speak for it: it asks for a review at most" if thin else "")
        yield (
            made.model,
            rate(float(name)),
            _achieved(achieved, measured, float(name)),
            _interval(threshold),
            DASH if threshold is None else count(threshold.legit),
            words,
        )


def _achieved(achieved: float | None, measured: int, promised: float) -> str:
    words = counted(achieved, measured)
    return words if achieved is None or achieved <= promised else element("span", words, cls="bad")


def _judged(one: Shown) -> Sequence[str]:
    judgement, beside = one.judgement, None if one.manifest is None else _of(one.manifest).beside
    assert judgement is not None
    said = element("ul", [element("li", reason) for reason in judgement.reasons])
    passed = element("span", "passes" if judgement.passed else "fails", cls="good" if judgement.passed else "bad")
    if beside is None:
        return one.model, passed, DASH, DASH, DASH, DASH, said
    recall = [
        element("li", f"at {rate(at.rate)}: {rate(at.own)}, the champion {rate(at.champion)}")
        for at in beside.recall.values()
    ]
    return (
        one.model,
        passed,
        f"{beside.evidence:,.1f}" if beside.evidence < 1e6 else "over a million",
        f"{beside.gain:+.4f}",
        f"{count(beside.abuse)} abuse, {count(beside.legit)} legit",
        element("ul", recall) if recall else DASH,
        said,
    )


def _why(one: Changed) -> Markup:
    reasons = one.passed or (() if one.rollback else ("was not asked, or overruled",))
    return joined(["; ".join(reasons)])


def _of(made: Manifest) -> Figures:
    return made.figures or _NO_FIGURES
