"""What the demo counts while verdicts come in: the ground of its live view."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from models.verdict import Verdict

_RECENT = 4000
_RATE_S = 3.0
_TELLING = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one moment. Rates are records a second over the last seconds, latencies milliseconds.

    ``models``: by name, (examples learned, rolling ROC AUC or None).
    """

    elapsed_s: float
    sent: int
    decided: int
    indexed: int
    rate_in: float
    rate_out: float
    waiting: int
    p50_ms: float | None
    p99_ms: float | None
    actions: Mapping[str, Counter[str]]
    reasons: list[tuple[str, int]]
    last: list[Verdict]
    models: Mapping[str, tuple[int, float | None]]


class Stats:
    """Written by the threads that send and tail, read by the view."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start_s = time.monotonic()
        self._sent = 0
        self._indexed = 0
        self._seen: set[str] = set()
        self._in: deque[tuple[float, int]] = deque()
        self._out: deque[tuple[float, int]] = deque()
        self._latencies_ms: deque[float] = deque(maxlen=_RECENT)
        self._actions: dict[str, Counter[str]] = {}
        self._reasons: Counter[str] = Counter()
        self._last: deque[Verdict] = deque(maxlen=6)
        self._models: dict[str, tuple[int, float | None]] = {}

    def sent(self, count: int = 1) -> None:
        with self._lock:
            self._sent += count
            self._in.append((time.monotonic(), count))

    def verdict(self, verdict: Verdict, latency_ms: float) -> None:
        with self._lock:
            if verdict.id in self._seen:
                return
            self._seen.add(verdict.id)
            self._out.append((time.monotonic(), 1))
            self._latencies_ms.append(latency_ms)
            data = verdict.data
            self._actions.setdefault(data.event.kind, Counter())[data.action] += 1
            for reason in data.reasons:
                self._reasons[reason.rule] += 1
            if data.action != "allow":
                self._last.append(verdict)

    def indexed(self, total: int) -> None:
        with self._lock:
            self._indexed = total

    def model(self, name: str, learned: int, auc: float | None) -> None:
        with self._lock:
            # An area under a curve of a handful of points says nothing.
            self._models[name] = (learned, auc if learned >= _TELLING else None)

    def snapshot(self) -> Snapshot:
        with self._lock:
            now_s = time.monotonic()
            ordered = sorted(self._latencies_ms)
            return Snapshot(
                elapsed_s=now_s - self._start_s,
                sent=self._sent,
                decided=len(self._seen),
                indexed=self._indexed,
                rate_in=_rate(self._in, now_s),
                rate_out=_rate(self._out, now_s),
                waiting=max(0, self._sent - len(self._seen)),
                p50_ms=_quantile(ordered, 0.5),
                p99_ms=_quantile(ordered, 0.99),
                actions={kind: Counter(counts) for kind, counts in sorted(self._actions.items())},
                reasons=self._reasons.most_common(6),
                last=list(self._last),
                models=dict(sorted(self._models.items())),
            )


def _rate(events: deque[tuple[float, int]], now_s: float) -> float:
    while events and events[0][0] < now_s - _RATE_S:
        events.popleft()
    return sum(count for _, count in events) / _RATE_S


def _quantile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
