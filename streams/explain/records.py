"""Where verdicts are found to be explained: by decision, by event, and around a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from models.actions import RANK
from models.learning.decisions import Origin
from models.verdict import Reason, Verdict


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision about the same target. ``reason``: of its rules the one that asked for most, in words.

    ``corrects``: the decision that it takes the place of.
    """

    id: str
    time: str
    kind: str
    action: str
    reason: str = ""
    corrects: str = ""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """``total``: how many verdicts there are about the target in that span; ``moments``: those nearest to the
    decision that is explained, itself among them, in the order of their times."""

    total: int
    moments: tuple[Moment, ...]


class Records(Protocol):
    """Raises WeirError or ClickException where verdicts cannot be read."""

    def by_decision(self, decision_id: str) -> Verdict | None:
        """The verdict of this id, a correction's too."""
        ...

    def by_event(self, event_id: str, source: str | None, kind: str | None) -> list[Verdict]:
        """The decisions about events of this id, without corrections; of several verdicts of one the first."""
        ...

    def corrections(self, decision_id: str) -> list[Verdict]:
        """Those of a decision, the last one published last."""
        ...

    def origin(self, decision_id: str) -> Origin | None:
        """Where in Kafka the decision's event stands; None where nobody kept that."""
        ...

    def history(self, verdict: Verdict, span_ms: int, most: int) -> History:
        """Verdicts about the same target whose event times are at most ``span_ms`` from this one's."""
        ...


def top_reason(reasons: Iterable[Reason], score: float | None, action: str) -> str:
    """What asked for most, in few words."""
    live = [reason for reason in reasons if reason.mode == "live"]
    if live:
        return max(live, key=lambda reason: RANK.get(reason.action, 0)).text
    return f"score {score:.4g}" if score is not None and action != "allow" else ""


def moment_of(verdict: Verdict) -> Moment:
    data = verdict.data
    return Moment(
        id=verdict.id,
        time=verdict.time,
        kind=data.event.kind,
        action=data.action,
        reason=top_reason(data.reasons, data.score, data.action),
        corrects=data.corrects if isinstance(data.corrects, str) else "",
    )


def nearest(moments: Sequence[Moment], time: str, most: int) -> tuple[Moment, ...]:
    """At most so many, half of them from before that time; ``moments`` are in order of their times."""
    before = [one for one in moments if one.time <= time]
    after = [one for one in moments if one.time > time]
    half = most // 2
    return (*before[-max(half, most - len(after)) :], *after[: max(half, most - len(before))])


def target_of(data: Any) -> tuple[str, str] | None:
    """Name and value of the entity that a verdict is about."""
    value = data.entities.get(data.target)
    return None if value is None else (data.target, value)
