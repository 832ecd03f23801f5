"""Labels as learning sees them: what was said, by whom, and what became of it."""

from __future__ import annotations

from enum import Enum

import msgspec

# Whose word counts against whose: a greater number contradicts a smaller one.
STRENGTH = {"rule": 1, "honeypot": 1, "user": 2, "analyst": 3}
WITHDRAWN = "withdrawn"


class GivenLabel(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """A label: "abuse", "legit" or "withdrawn", by whom, and when in milliseconds.

    ``labeller``: who it is by name; it counts towards his share of a day and is kept nowhere.
    """

    label: str
    by: str
    time_ms: int
    labeller: str = ""


class LabelResult(Enum):
    """What became of a label in one model.

    ``CAPPED``: its labeller has had his share of the day. ``NO_TEXT``: the event's text, which the model reads, is
    not retained any more. ``OTHER_FEATURES``: its decision lacks a feature that the model reads. ``FAULT``: the model
    raised. ``MEASURED``: a model that learns from verdicts was measured by it.
    """

    LEARNED = "learned"
    WAITING = "waiting"
    REPEATED = "repeated"
    OUTRANKED = "outranked"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"
    CAPPED = "capped"
    NO_TEXT = "no_text"
    OTHER_FEATURES = "other_features"
    FAULT = "fault"
    MEASURED = "measured"
    NOT_MINE = "not_mine"
