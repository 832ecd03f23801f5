"""The labels of a data set: one kind's, as learning sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from features.errors import InvalidEvent
from models.learning.labels import GivenLabel
from streams.wire import decode_label

Refuse = Callable[[int, InvalidEvent], None]


def given_labels(lines: Iterable[bytes], kind: str, longest: int, refuse: Refuse) -> Iterator[tuple[str, GivenLabel]]:
    """By decision id; ``refuse`` is told number and fault of what is no label."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            label = decode_label(line.strip(), longest)
        except InvalidEvent as error:
            refuse(number, error)
            continue
        if label.data.kind == kind:
            yield label.decision_id, GivenLabel(label.data.label, label.data.by, label.time_ms, label.data.labeller)
