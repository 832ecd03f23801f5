"""The actions in their order, from the mildest."""

from __future__ import annotations

from typing import Literal

Action = Literal["allow", "review", "challenge", "throttle", "quarantine", "block"]
ACTIONS: tuple[Action, ...] = ("allow", "review", "challenge", "throttle", "quarantine", "block")
# What is stronger than this hinders somebody.
REVIEW: Action = "review"
RANK: dict[str, int] = {action: rank for rank, action in enumerate(ACTIONS)}


def strongest(*actions: str) -> str:
    return max(actions, key=RANK.__getitem__)
