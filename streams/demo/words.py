"""A verdict in words, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_VERBS = {
    "allow": "was allowed",
    "review": "goes to review",
    "challenge": "is challenged",
    "throttle": "is throttled",
    "quarantine": "is quarantined",
    "block": "is blocked",
}


def in_words(kind: str, action: str, score: float | None, reasons: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: what was decided, which rules fired, and what the champion thought."""
    because = "; ".join(f"{reason['text']} ({reason['rule']})" for reason in reasons)
    model = "the model does not count yet" if score is None else f"the model's score is {score:.2f} of 1"
    if not because:
        why = "no rule fired" if action == "allow" else "no rule fired, the score alone asks for it"
        return f"This {kind} {_VERBS[action]}: {why}; {model}."
    return f"This {kind} {_VERBS[action]}: {because}; {model}."
