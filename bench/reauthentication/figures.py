"""From scores to rates: which threshold finds so many attackers, and how often it asks honest people."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# Shares of attackers, of which rounding must not ask for one more.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Rates:
    """``detection``: the part of the attackers that is asked, at least what was wanted. ``overall``: the part of all
    honest logins that is asked; ``median``: of each user's logins, in the middle of all users."""

    threshold: float
    detection: float
    overall: float
    median: float


@dataclass(slots=True)
class Scores:
    """One score's, high means risk: of honest logins with their users' numbers, and of each sort of attacker."""

    users: array[int] = field(default_factory=lambda: array("q"))
    honest: array[float] = field(default_factory=lambda: array("d"))
    attackers: dict[str, array[float]] = field(default_factory=dict)

    def add_honest(self, user: int, score: float) -> None:
        self.users.append(user)
        self.honest.append(score)

    def add_attacker(self, sort: str, score: float) -> None:
        self.attackers.setdefault(sort, array("d")).append(score)

    def rates(self, sort: str, detection: float) -> Rates | None:
        """None where there are no such attackers, or no honest logins."""
        tried = self.attackers.get(sort)
        if not tried or not self.honest:
            return None
        limit = threshold(tried, detection)
        asked = np.frombuffer(self.honest) >= limit
        users = np.frombuffer(self.users, dtype=np.int64)
        _, number = np.unique(users, return_inverse=True)
        of_user = np.bincount(number, weights=asked) / np.bincount(number)
        found = float(np.mean(np.frombuffer(tried) >= limit))
        return Rates(limit, found, float(asked.mean()), float(np.median(of_user)))


def threshold(attackers: Sequence[float], detection: float) -> float:
    """The greatest score at which at least this part of them is asked; who has just that score is asked too."""
    wanted = max(1, math.ceil(detection * len(attackers) - _ROUNDING))
    return float(np.sort(np.asarray(attackers))[-wanted])
