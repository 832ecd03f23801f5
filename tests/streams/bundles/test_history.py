"""A rollback goes back, and further back, and never forward to what was rolled back."""

from __future__ import annotations

import pytest

from streams.bundles.history import before, shipped_together
from streams.bundles.wire import Current, Shipment


def current(steps: str, at_ms: int = 0) -> Current:
    """From steps such as "a b <a": published a, then b, then rolled back to a; s is what shipped."""
    history: list[Shipment] = []
    for number, step in enumerate(steps.split()):
        replaced = history[0].hash if history else "s"
        name = step.removeprefix("<")
        one = Shipment(
            hash=name, at_ms=at_ms + number, by="", note="", replaced=replaced, rollback=step.startswith("<")
        )
        history.insert(0, one)
    return Current(hash=history[0].hash, history=tuple(history))


@pytest.mark.parametrize(
    ("steps", "back"),
    [
        ("a", "s"),
        ("a b c", "b"),
        ("a b c <b", "a"),
        ("a b c <b <a", "s"),
        ("a b c <b <a <s", None),
        ("a b c <b d", "b"),
        ("a b c <b d <b", "a"),
        ("a b a", "b"),
        ("a b a <b", "a"),
        ("a b <x", "b"),
        ("a b c <a c", "a"),
    ],
)
def test_the_bundle_before_is_the_one_that_was_not_rolled_back(steps: str, back: str | None) -> None:
    assert before(current(steps)) == back


def test_without_a_history_nothing_is_known_before() -> None:
    assert before(Current(hash="a", history=())) is None


def test_kinds_that_were_shipped_at_once_are_found_together() -> None:
    now = {"login": current("a b", 10), "mail": current("c", 11), "signup": current("d", 3)}
    assert shipped_together(now) == ["login", "mail"]
    assert shipped_together({}) == []
