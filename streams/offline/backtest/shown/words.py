"""Numbers and names as both forms of the report write them."""

from __future__ import annotations

from collections.abc import Mapping

from models.backtest.report import Blast, Example, RuleReport
from streams.page.words import DASH, count


def blast(met: Blast, target: str) -> str:
    return f"{count(met.targets)} by {target}, {count(met.ips)} by ip"


def actions(by_action: Mapping[str, int]) -> str:
    return ", ".join(f"{action} {count(number)}" for action, number in by_action.items()) or DASH


def change(rule: RuleReport) -> str:
    """How often it fires in baseline and candidate."""
    if rule.change == "new":
        return f"new: {count(rule.fires)}"
    if rule.change == "gone":
        return f"gone: {count(rule.was_firing)}"
    if rule.fires == rule.was_firing and not rule.newly:
        return count(rule.fires)
    return f"{count(rule.was_firing)} → {count(rule.fires)}"


def duration(ns: float | None) -> str:
    if ns is None:
        return DASH
    return f"{ns:.0f} ns" if ns < 10_000 else f"{ns / 1000:.1f} µs"


def about(example: Example) -> str:
    """Which event, and what becomes of it."""
    parts = [example.time, f"{example.event_source}/{example.event_id}"]
    if example.target is not None:
        parts.append(example.target)
    if example.ip is not None and example.ip != example.target:
        parts.append(example.ip)
    if example.score is not None:
        parts.append(f"score {example.score:.3f}")
    same = example.was == example.becomes
    parts.append(example.becomes if same else f"{example.was} → {example.becomes}")
    return " · ".join(parts)


def observed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())
