"""The plots of a report, as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence

from models.backtest.interval import Share
from models.backtest.report import Hour, RuleReport
from streams.offline.backtest.shown.words import change
from streams.page.frame import svg
from streams.page.html import Markup, element
from streams.page.words import count, shared

_WIDTH = 720
_LEFT = 46
_NAME = 250
_ROW = 22
_MOST_ROWS = 40


def timeline(hours: Sequence[Hour]) -> Markup:
    """Enforced decisions of both over time, before all events."""
    height, bottom = 190, 160
    most = max((max(hour.candidate, hour.baseline) for hour in hours), default=0) or 1
    busiest = max((hour.events for hour in hours), default=0) or 1
    step = (_WIDTH - _LEFT) / max(1, len(hours))
    parts = [
        element(
            "rect",
            element("title", f"{hour.start}: {count(hour.events)} events"),
            cls="events",
            x=_LEFT + place * step,
            y=bottom - hour.events / busiest * 130,
            width=max(0.5, step - 0.5),
            height=hour.events / busiest * 130,
        )
        for place, hour in enumerate(hours)
    ]
    for name, values in (("baseline", [h.baseline for h in hours]), ("candidate", [h.candidate for h in hours])):
        points = " ".join(
            f"{_LEFT + (place + 0.5) * step:.1f},{bottom - value / most * 130:.1f}"
            for place, value in enumerate(values)
        )
        parts.append(element("polyline", points=points, cls=f"line {name}"))
    parts += [
        element("line", cls="axis", x1=_LEFT, x2=_WIDTH, y1=bottom, y2=bottom),
        element("text", count(most), x=_LEFT - 6, y=34, cls="end"),
        element("text", "0", x=_LEFT - 6, y=bottom, cls="end"),
        element("text", hours[0].start[:16].replace("T", " "), x=_LEFT, y=bottom + 18),
        element("text", hours[-1].start[:16].replace("T", " "), x=_WIDTH, y=bottom + 18, cls="end"),
        *_legend(),
    ]
    return svg("Enforced decisions over time, and all events", _WIDTH, height, parts)


def fires(rules: Sequence[RuleReport]) -> Markup | None:
    """How often each rule fires in both; None: none does."""
    fired = [rule for rule in rules if rule.fires or rule.was_firing]
    if not fired:
        return None
    shown = sorted(fired, key=lambda rule: -max(rule.fires, rule.was_firing))[:_MOST_ROWS]
    most = max(shown[0].fires, shown[0].was_firing)
    wide = _WIDTH - _NAME - 60
    parts: list[Markup] = [*_legend()]
    for place, rule in enumerate(shown):
        top = 24 + place * _ROW
        parts.append(_name(rule.id, top))
        for offset, name, value in ((0, "baseline", rule.was_firing), (8, "candidate", rule.fires)):
            parts.append(
                element("rect", cls=name, x=_NAME, y=top + offset, width=max(value / most * wide, 0.5), height=7)
            )
        words = change(rule)
        longest = max(rule.fires, rule.was_firing) / most * wide
        parts.append(element("text", words, x=_NAME + longest + 6, y=top + 12))
    return svg("How often each rule fires", _WIDTH, 24 + len(shown) * _ROW + 6, parts)


def precisions(rules: Sequence[RuleReport]) -> Markup | None:
    """Precision of each rule that fires on labelled events, with its interval; None: of no rule it is known."""
    known = [
        rule
        for rule in rules
        if rule.quality.precision.value is not None or rule.was_quality.precision.value is not None
    ]
    if not known:
        return None
    known = known[:_MOST_ROWS]
    bottom = 24 + len(known) * _ROW
    parts: list[Markup] = [*_legend()]
    for tick in (0, 25, 50, 75, 100):
        at = _at(tick / 100)
        parts += [
            element("line", cls="grid", x1=at, x2=at, y1=20, y2=bottom),
            element("text", f"{tick} %", x=at, y=bottom + 16, cls="middle"),
        ]
    for place, rule in enumerate(known):
        top = 24 + place * _ROW
        parts.append(_name(rule.id, top))
        parts += _interval(rule.was_quality.precision, top + 5, "baseline")
        parts += _interval(rule.quality.precision, top + 13, "candidate")
    return svg("Precision of each rule with its 95 % interval", _WIDTH, bottom + 24, parts)


def _interval(share: Share, y: float, name: str) -> list[Markup]:
    if share.value is None or share.low is None or share.high is None:
        return []
    words = element("title", shared(share))
    return [
        element("line", words, cls=f"line {name}", x1=_at(share.low), x2=_at(share.high), y1=y, y2=y),
        element("circle", words, cls=name, cx=_at(share.value), cy=y, r=3.5),
    ]


def _at(value: float) -> float:
    return _NAME + value * (_WIDTH - _NAME - 24)


def _name(text: str, top: float) -> Markup:
    shown = text if len(text) <= 36 else f"{text[:35]}…"
    return element("text", element("title", text), shown, x=_NAME - 8, y=top + 12, cls="end")


def _legend() -> list[Markup]:
    return [
        element("rect", cls="baseline", x=_LEFT, y=4, width=10, height=10),
        element("text", "baseline", x=_LEFT + 14, y=13),
        element("rect", cls="candidate", x=_LEFT + 90, y=4, width=10, height=10),
        element("text", "candidate", x=_LEFT + 104, y=13),
    ]
