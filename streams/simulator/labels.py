"""What is found out about events later: minutes to days, by people and traps, sometimes wrongly."""

from __future__ import annotations

import random
from typing import Literal

from features.event import decision_id, to_rfc3339
from streams.simulator.draft import Draft
from streams.wire import LabelData, encode_label

_ABUSE_FOUND = 0.6
_LEGIT_CONFIRMED = 0.12
_WRONG = 0.02
_MINUTE_MS = 60_000
_USERS = 1_000
# Who finds out, how often, and after how many minutes in the median.
_FINDERS: tuple[tuple[Literal["user", "analyst", "honeypot"], float, float], ...] = (
    ("honeypot", 0.2, 5),
    ("user", 0.5, 240),
    ("analyst", 0.3, 1440),
)


def label_for(rng: random.Random, draft: Draft, source: str, event_id: str) -> tuple[int, bytes] | None:
    """When the event is labelled, and the label's record; None if nobody finds out."""
    if rng.random() >= (_ABUSE_FOUND if draft.abuse else _LEGIT_CONFIRMED):
        return None
    # A trap is never tripped by somebody honest.
    finders = _FINDERS if draft.abuse else _FINDERS[1:]
    by, _weight, minutes = rng.choices(finders, [weight for _by, weight, _minutes in finders])[0]
    delay_ms = int(minutes * rng.lognormvariate(0, 1) * _MINUTE_MS) + _MINUTE_MS
    wrong = by != "honeypot" and rng.random() < _WRONG
    decision = decision_id(draft.kind, source, event_id)
    # Few analysts, and many users of whom each reports now and then.
    number = rng.randrange(1, 6)
    if by == "user":
        number = int(decision[:8], 16) % _USERS + 1
    data = LabelData(
        event_id=event_id,
        event_source=source,
        kind=draft.kind,
        label="abuse" if draft.abuse != wrong else "legit",
        by=by,
        labeller=f"{by}-{number}",
        event_time=to_rfc3339(draft.time_ms),
    )
    at_ms = draft.time_ms + delay_ms
    return at_ms, encode_label(decision, source, at_ms, data)
