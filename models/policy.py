"""The policy of a kind: from fired rules and the champion's score to one action."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from models.actions import ACTIONS, RANK, Action
from models.errors import RuleError

_LONGEST_S = 10 * 366 * 86_400


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A score of at least ``score`` (0 to 1) asks for ``action``."""

    score: float
    action: Action


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The strongest action that a live rule or a score band asks for; ``allow`` if none does.

    ``expires_s``: by action, for how many seconds after the event a verdict holds; without an entry it
    does not expire.
    """

    bands: tuple[Band, ...] = ()
    expires_s: dict[Action, int] = {}

    def decide(self, rule_actions: list[str], score: float | None) -> str:
        rank = max((RANK[action] for action in rule_actions), default=0)
        if score is not None:
            for band in self.bands:
                if score >= band.score:
                    rank = max(rank, RANK[band.action])
        return ACTIONS[rank]


def read_policy(path: Path) -> Policy:
    """Read a policy file; raises RuleError."""
    try:
        policy = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Policy)
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise RuleError(f"{path}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise RuleError(f"{path}: {error}") from None
    for band in policy.bands:
        if not 0 < band.score <= 1:
            raise RuleError(f"{path}: a band's score is {band.score}: write a number above 0, at most 1")
    for action, expires_s in policy.expires_s.items():
        if not 0 < expires_s <= _LONGEST_S:
            raise RuleError(f"{path}: expires_s of {action} is {expires_s}: write 1 to {_LONGEST_S}, or leave it out")
    return policy
