"""How much of a day's learning one labeller may have, so that nobody turns a model by reporting a lot."""

from __future__ import annotations

import hashlib

import msgspec

from models.learning.labels import GivenLabel

# Labels of one labeller that teach on one day. Traps and rules are machines; an analyst's tool may label in bulk.
MOST_A_DAY = {"rule": 10_000, "honeypot": 10_000, "user": 50, "analyst": 5_000}
# Whom nobody knows shall not have more to say than others do: beyond ALONE labels in SPAN_DAYS days, no more than
# TIMES what others have on average, or SHARE of all.
COMPARED = frozenset({"user"})
ALONE, TIMES, SHARE, SPAN_DAYS = 20, 2.0, 0.01, 30
MOST_LABELLERS = 100_000
_DAY_MS = 86_400_000
# Whoever comes when so many have labelled on a day shares one portion with all others who do.
_OTHERS = "others:"


class Labellers(msgspec.Struct):
    """By labeller (hashed: no names are kept), how many of his labels were taken on ``day``, and since ``begun``.

    ``all``: those since then of all who are compared with each other. Days are of label time and never go back:
    labels that claim to be older count on the newest day that was met, so nobody gets more by spreading them over the
    past.
    """

    day: int = 0
    taken: dict[str, int] = {}
    begun: int = 0
    since: dict[str, int] = {}
    all: int = 0

    def take(self, given: GivenLabel) -> bool:
        """Count the label; False if its labeller has had his share."""
        self._turn(given.time_ms // _DAY_MS)
        key = _key(given)
        if key not in self.taken and len(self.taken) >= MOST_LABELLERS:
            key = _OTHERS + given.by
        count = self.taken.get(key, 0)
        if count >= MOST_A_DAY[given.by] or (given.by in COMPARED and not self._compares(key)):
            return False
        self.taken[key] = count + 1
        return True

    def _turn(self, day: int) -> None:
        if day > self.day:
            self.day = day
            self.taken = {}
        if day >= self.begun + SPAN_DAYS:
            self.begun, self.since, self.all = day, {}, 0

    def _compares(self, key: str) -> bool:
        """Count it among those of the span, unless he has had as much more than others as one may."""
        if key not in self.since and len(self.since) >= MOST_LABELLERS:
            key = _OTHERS
        own, others = self.since.get(key, 0), len(self.since) - (key in self.since)
        if others and own >= max(ALONE, SHARE * self.all, TIMES * (self.all - own) / others):
            return False
        self.since[key] = own + 1
        self.all += 1
        return True


def _key(given: GivenLabel) -> str:
    name = msgspec.json.encode([given.by, given.labeller])
    return hashlib.blake2b(name, digest_size=8).hexdigest()
