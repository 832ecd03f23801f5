"""Class balance: how much an example counts, so that rare abuse is learned as much as the many honest events."""

from __future__ import annotations

import msgspec

# After so many labels an earlier one counts half: the balance follows the traffic.
HALF_LIFE = 2000
LEAST, MOST = 0.2, 5.0
_KEPT: float = 0.5 ** (1 / HALF_LIFE)


class Balance(msgspec.Struct):
    """How many labels of each class there were, earlier ones counting less; both begin with one."""

    abuse: float = 1.0
    legit: float = 1.0

    def weigh(self, abuse: bool) -> float:
        """Count one example and give its weight: both classes together / (2 x its own), within LEAST and MOST."""
        self.abuse = self.abuse * _KEPT + abuse
        self.legit = self.legit * _KEPT + (not abuse)
        own = self.abuse if abuse else self.legit
        return min(MOST, max(LEAST, (self.abuse + self.legit) / (2 * own)))
