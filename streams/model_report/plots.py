"""The plots of the page about models, as SVG that takes its colours from it."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from models.learning.figures import Bin
from streams.page.frame import svg
from streams.page.html import Markup, element
from streams.page.words import count

_WIDTH, _HEIGHT = 300, 292
_LEFT, _TOP, _SIDE = 44, 10, 240
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LARGEST = 9.0


def reliability(model: str, bins: Sequence[Bin]) -> Markup:
    """What was said against what was seen; on the diagonal every probability came true. A dot's area: its labels."""
    bottom = _TOP + _SIDE
    parts: list[Markup] = []
    for tick in _TICKS:
        x, y = _x(tick), _y(tick)
        parts += [
            element("line", cls="grid", x1=x, x2=x, y1=_TOP, y2=bottom),
            element("line", cls="grid", x1=_LEFT, x2=_LEFT + _SIDE, y1=y, y2=y),
            element("text", f"{tick:g}", x=x, y=bottom + 15, cls="middle"),
            element("text", f"{tick:g}", x=_LEFT - 6, y=y + 4, cls="end"),
        ]
    parts += [
        element("text", "probability said", x=_LEFT + _SIDE / 2, y=bottom + 33, cls="middle"),
        element("text", "abuse seen", x=12, y=_TOP + _SIDE / 2, cls="middle", transform=_turned()),
        element("line", cls="line baseline thin", x1=_x(0), x2=_x(1), y1=_y(0), y2=_y(1)),
    ]
    ordered = sorted(bins, key=lambda one: one.said)
    points = " ".join(f"{_x(one.said):.1f},{_y(one.seen):.1f}" for one in ordered)
    parts.append(element("polyline", points=points, cls="line candidate thin"))
    most = max((one.labels for one in ordered), default=1)
    for one in ordered:
        words = f"said {one.said:.4f}, seen {one.seen:.4f}, {count(one.labels)} labels"
        radius = max(2.0, _LARGEST * sqrt(one.labels / most) / 2)
        parts.append(
            element("circle", element("title", words), cls="candidate", cx=_x(one.said), cy=_y(one.seen), r=radius)
        )
    return svg(f"Reliability of {model}", _WIDTH, _HEIGHT, parts, cls="plot small")


def _x(value: float) -> float:
    return _LEFT + value * _SIDE


def _y(value: float) -> float:
    return _TOP + (1 - value) * _SIDE


def _turned() -> str:
    return f"rotate(-90 12 {_TOP + _SIDE / 2:.0f})"
