"""How much of a day's learning one labeller may have, so that nobody turns a model by reporting a lot."""

from __future__ import annotations

import hashlib

import msgspec

from models.learning.labels import GivenLabel

# Labels of one labeller that teach on one day. Traps and rules are machines; an analyst's tool may label in bulk.
MOST_A_DAY = {"rule": 10_000, "honeypot": 10_000, "user": 50, "analyst": 5_000}
MOST_LABELLERS = 100_000
_DAY_MS = 86_400_000
# Whoever comes when so many have labelled on a day shares one portion with all others who do.
_OTHERS = "others:"


class Labellers(msgspec.Struct):
    """By labeller (hashed: names are kept nowhere), how many of his labels were taken on ``day``.

    Days are of label time and never go back: labels that claim to be older count on the newest day that was met, so
    nobody gets more by spreading them over the past.
    """

    day: int = 0
    taken: dict[str, int] = {}

    def take(self, given: GivenLabel) -> bool:
        """Count the label; False if its labeller has had his share of the day."""
        day = given.time_ms // _DAY_MS
        if day > self.day:
            self.day = day
            self.taken = {}
        key = _key(given)
        if key not in self.taken and len(self.taken) >= MOST_LABELLERS:
            key = _OTHERS + given.by
        count = self.taken.get(key, 0)
        if count >= MOST_A_DAY[given.by]:
            return False
        self.taken[key] = count + 1
        return True


def _key(given: GivenLabel) -> str:
    name = msgspec.json.encode([given.by, given.labeller])
    return hashlib.blake2b(name, digest_size=8).hexdigest()
