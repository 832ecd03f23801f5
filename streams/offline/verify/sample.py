"""A sample of the verdicts in Kafka, each as likely as any other."""

from __future__ import annotations

import random
from dataclasses import dataclass

import msgspec

from features.event import to_milliseconds
from models.verdict import event_time
from streams.clients.verdict_log import VerdictLog


class _Event(msgspec.Struct):
    kind: str


class _Data(msgspec.Struct):
    event: _Event


class _Head(msgspec.Struct):
    time: str
    data: _Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which verdicts are sampled: of event times from ``from_ms`` to before ``to_ms``, of one kind; None: of any."""

    from_ms: int | None = None
    to_ms: int | None = None
    kind: str | None = None

    @property
    def everything(self) -> bool:
        return self.from_ms is None and self.to_ms is None and self.kind is None

    def takes(self, record: bytes) -> bool:
        """Also what is no verdict is taken: whoever verifies has to see it."""
        if self.everything:
            return True
        try:
            head = _decoder.decode(record)
            at_ms = to_milliseconds(event_time(head))  # type: ignore[arg-type]
        except (msgspec.MsgspecError, ValueError, TypeError):
            return True
        return (
            (self.kind is None or head.data.event.kind == self.kind)
            and (self.from_ms is None or at_ms >= self.from_ms)
            and (self.to_ms is None or at_ms < self.to_ms)
        )


def sample(log: VerdictLog, size: int, wanted: Wanted, max_future_s: int) -> tuple[list[tuple[str, bytes]], int]:
    """At most ``size`` records with where they stand, in the order of the log; and how many there were to draw from.

    ``max_future_s``: an event's time is at most so far after its append, so reading begins there.
    """
    begin_ms = None if wanted.from_ms is None else wanted.from_ms - max_future_s * 1000
    chance = random.Random()
    drawn: list[tuple[int, int, bytes]] = []
    seen = 0
    for message in log.read(log.starts(begin_ms), log.ends()):
        record = message.value() or b""
        if not wanted.takes(record):
            continue
        seen += 1
        one = (message.partition() or 0, message.offset() or 0, record)
        # Each of those seen so far stays with the same chance (Vitter's algorithm R, ACM TOMS 1985).
        if len(drawn) < size:
            drawn.append(one)
        elif (place := chance.randrange(seen)) < size:
            drawn[place] = one
    return [(f"partition {number}, offset {offset}", record) for number, offset, record in sorted(drawn)], seen


_decoder = msgspec.json.Decoder(_Head)
