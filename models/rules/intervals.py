"""Sets of values as unions of intervals: of numbers, or of texts in Python's order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """All values from ``low`` to ``high``; None is no bound. A bound belongs to it unless it is open."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)))

    def meet(self, other: Span) -> Span:
        low, low_open = _stricter(self.low, self.low_open, other.low, other.low_open, highest=True)
        high, high_open = _stricter(self.high, self.high_open, other.high, other.high_open, highest=False)
        return Span(low, high, low_open, high_open)


def _stricter(one: Any, one_open: bool, two: Any, two_open: bool, *, highest: bool) -> tuple[Any, bool]:
    """Of two bounds of one side the one that lets less through."""
    if one is None or two is None:
        return (two, two_open) if one is None else (one, one_open)
    if one == two:
        return one, one_open or two_open
    return (one, one_open) if (one > two) is highest else (two, two_open)


@dataclass(frozen=True, slots=True)
class Values:
    """Disjoint spans in their order; ``whole``: only whole numbers are meant."""

    spans: tuple[Span, ...]
    whole: bool = False

    @classmethod
    def of(cls, spans: Iterable[Span], *, whole: bool = False) -> Values:
        """``spans``: disjoint and in order."""
        cut = (_to_whole(span) for span in spans) if whole else spans
        return cls(tuple(span for span in cut if not span.is_empty), whole)

    @classmethod
    def points(cls, values: Iterable[Any], *, whole: bool = False) -> Values:
        return cls.of((Span(value, value) for value in sorted(set(values))), whole=whole)

    @classmethod
    def compared(cls, symbol: str, limit: Any, *, whole: bool = False) -> Values:
        """All values that stand so to the limit."""
        spans = {
            "<": [Span(None, limit, high_open=True)],
            "<=": [Span(None, limit)],
            ">": [Span(limit, None, low_open=True)],
            ">=": [Span(limit, None)],
            "==": [Span(limit, limit)],
            "!=": [Span(None, limit, high_open=True), Span(limit, None, low_open=True)],
        }
        return cls.of(spans[symbol], whole=whole)

    @property
    def is_empty(self) -> bool:
        return not self.spans

    def meet(self, other: Values) -> Values:
        whole = self.whole or other.whole
        return Values.of((one.meet(two) for one in self.spans for two in other.spans), whole=whole)

    def rest(self) -> Values:
        """All other values."""
        gaps: list[Span] = []
        low, low_open = None, False
        for span in self.spans:
            if span.low is not None:
                gaps.append(Span(low, span.low, low_open, not span.low_open))
            if span.high is None:
                return Values.of(gaps, whole=self.whole)
            low, low_open = span.high, not span.high_open
        return Values.of([*gaps, Span(low, None, low_open)], whole=self.whole)

    @property
    def least(self) -> Any:
        """The lowest bound; None: there is none, or no value."""
        return self.spans[0].low if self.spans else None

    @property
    def most(self) -> Any:
        return self.spans[-1].high if self.spans else None


ALL = Values((Span(),))


def _to_whole(span: Span) -> Span:
    low, high = span.low, span.high
    if low is not None and math.isfinite(low):
        low = math.floor(low) + 1 if span.low_open else math.ceil(low)
    if high is not None and math.isfinite(high):
        high = math.ceil(high) - 1 if span.high_open else math.floor(high)
    return Span(low, high)
