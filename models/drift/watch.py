"""The watch over one kind: decisions and labels go in, alarms come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.drift.alarm import Alarm


class Watch:
    """Of one kind. Takes about 10 µs a decision; its state is bounded (under 500 kB) and exact.

    ``names``: the kind's features, in the order of the rows.
    """

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self.kind = kind
        self.names = tuple(names)
        self._alarms: list[Alarm] = []

    def use(self, names: Sequence[str]) -> None:
        """From now on rows have these features: what is known of those that stay is kept."""
        self.names = tuple(names)

    def on_decision(
        self, time_ms: int, row: Sequence[float], scores: Mapping[str, float], action: str, sample_key: str
    ) -> None:
        """A decision: event time, features in the order of ``names``, raw scores by model (those that count),
        the action, and the decision id."""

    def on_label(self, time_ms: int, model: str, score: float, abuse: bool) -> None:
        """A label that was learned at ``time_ms`` (the label's time), and what the model had said at decision time."""

    def alarms(self) -> tuple[Alarm, ...]:
        """Those that stand."""
        return tuple(self._alarms)

    def drifting(self, model: str) -> str:
        """Why the model must not be promoted now, in words; empty if nothing speaks against it."""
        return " ".join(alarm.words for alarm in self._alarms if alarm.model == model)

    def encode(self) -> bytes:
        """The whole state; ``decode`` continues exactly where it stood."""
        return b""

    @classmethod
    def decode(cls, kind: str, names: Sequence[str], state: bytes) -> Watch:
        """The watch that was encoded, for these features; a state of another form or damaged: a new one."""
        return cls(kind, names)
