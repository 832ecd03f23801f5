"""An alarm in one sentence, for an engineer on call who has never heard of the detector."""

from __future__ import annotations

from collections.abc import Sequence

from models.drift.alarm import Moved, What


def sentence(kind: str, what: What, model: str | None, moved: Sequence[Moved], more: int) -> str:
    """``moved``: what is named, the largest first; ``more``: how many others moved too."""
    if what == "score":
        return f"The scores of {model} are not what they were: their mean went {_course(moved[0])}."
    if what == "concept":
        errors = " and ".join(f"on what is labelled {one.name} {_course(one)}" for one in moved)
        return f"{model} errs more than it did: its mean error went {errors}."
    if what == "mix":
        shares = ", ".join(f"{one.name} {_percent(one.before)} to {_percent(one.after)}" for one in moved)
        return f"Verdicts on {kind} are not mixed as they were: {shares} of all."
    number = len(moved) + more
    named = ", ".join(f"{one.name} ({_number(one.before)} to {_number(one.after)})" for one in moved)
    which = "A feature" if number == 1 else f"{number} features"
    others = f" and {more} more" if more else ""
    return f"{which} of {kind} moved away from like hours before: {named}{others}."


def _course(moved: Moved) -> str:
    return f"from {_number(moved.before)} to {_number(moved.after)}"


def _percent(share: float) -> str:
    return f"{_number(100 * share)}%"


def _number(value: float) -> str:
    """Three digits that matter, and no exponent where a plain number is as short.

    >>> [_number(value) for value in (0.0412345, 12.349, 86400.0, 0.0)]
    ['0.0412', '12.3', '86,400', '0']
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"
