"""What an explanation holds, as one value: for words, and for programs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from models.facts import Facts
from models.verdict import EventRef, Reason, Score
from streams.explain.records import History


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input's part in a score: its value, and what that adds (positive raises the score).

    ``of``: what ``feature`` names: a feature; another model, of which the value is the score; or words of the event's
    private text, which have no value.
    """

    feature: str
    value: float | None
    adds: float
    of: Literal["feature", "model", "text"] = "feature"


class Scored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``parts``: the largest contributions, ``how``: what they are; ``unknown``: why there are none."""

    score: Score
    parts: tuple[Part, ...] = ()
    how: str = ""
    unknown: str = ""


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that a single part of its condition kept from firing; see ``models.rules.nearly``."""

    rule: str
    action: str
    mode: str
    part: str
    should: bool
    observed: dict[str, Any]
    limit: Any
    distance: float | None


class Silent(msgspec.Struct, frozen=True):
    """A rule whose condition held and that did not speak, and why."""

    rule: str
    action: str
    why: str


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """A correction of the decision. ``without``: the rules that were silenced for it."""

    id: str
    action: str
    without: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """``target``: entity and value, if the event has it. ``by_rules_unknown``: why it is not known what almost fired.

    ``redefined``: whether features are defined otherwise by now.
    """

    id: str
    time: str
    event: EventRef
    action: str
    target: tuple[str, str] | None
    expires_at: str | None
    corrects: str | None
    corrected: tuple[Corrected, ...]
    reasons: tuple[Reason, ...]
    silent: tuple[Silent, ...]
    policy: tuple[str, ...]
    facts: Facts
    degraded: tuple[str, ...]
    scores: tuple[Scored, ...]
    nearly: tuple[Near, ...]
    by_rules_unknown: str
    redefined: bool
    bundle: str
    history: History
