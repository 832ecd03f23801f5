"""Every decision of a backtest as a line: for who wants to compare them with others."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from models.backtest.comparison import BASELINE, CANDIDATE
from models.policy import Outcome


class _Sink(Protocol):
    def write(self, data: bytes, /) -> Any: ...


class _Ref(msgspec.Struct, gc=False):
    kind: str
    source: str
    id: str


class _Data(msgspec.Struct, gc=False):
    event: _Ref


class _Verdict(msgspec.Struct, gc=False):
    id: str
    time: str
    data: _Data


class _Decision(msgspec.Struct, gc=False):
    """``rules``: those that asked for what the candidate decided."""

    id: str
    event: _Ref
    time: str
    baseline: str
    candidate: str
    rules: tuple[str, ...]


_verdicts = msgspec.json.Decoder(_Verdict)
_encoder = msgspec.json.Encoder()


class DecisionLines:
    """Writes the decisions of both bundles."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink

    def take(self, line: bytes, outcomes: tuple[Outcome, Outcome]) -> None:
        """``line``: the verdict that was judged."""
        verdict = _verdicts.decode(line)
        candidate = outcomes[CANDIDATE]
        baseline = outcomes[BASELINE].action
        one = _Decision(verdict.id, verdict.data.event, verdict.time, baseline, candidate.action, candidate.rules)
        self._sink.write(_encoder.encode(one) + b"\n")
