"""Attackers who know a user's password: what else each knows, taken from what others in the data set really sent."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import replace

from streams.logins.rba import RbaRow

NAIVE, VPN, TARGETED = "naive", "VPN", "targeted"
_MOST_ANYWHERE = 20_000
_MOST_PLACE = 500
_DRAWS = 8


class Pool:
    """Some of the rows that were added, each as likely as any other (Vitter's algorithm R)."""

    def __init__(self, most: int, chance: random.Random) -> None:
        self._most = most
        self._chance = chance
        self._rows: list[RbaRow] = []
        self._seen = 0

    def add(self, row: RbaRow) -> None:
        self._seen += 1
        if len(self._rows) < self._most:
            self._rows.append(row)
        elif (place := self._chance.randrange(self._seen)) < self._most:
            self._rows[place] = row

    def of_another(self, user: str) -> RbaRow | None:
        """A row of somebody else; None where hardly any is."""
        for _ in range(_DRAWS if self._rows else 0):
            row = self._chance.choice(self._rows)
            if row.user != user:
                return row
        return None


class Attackers:
    """Naive: from an address that is known from attacks, with the browser that was sent from there. VPN: from an
    address of another user in the victim's country, with anybody's browser. Targeted: from an address of another user
    in the victim's city (in his network, where the city is not known), with the victim's own user agent.

    They know what came before them in the file, and are drawn from that.
    """

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._attacks, self._honest = (Pool(_MOST_ANYWHERE, self._chance) for _ in range(2))
        self._places: dict[Hashable, Pool] = defaultdict(lambda: Pool(_MOST_PLACE, self._chance))

    def learn(self, row: RbaRow) -> None:
        """Take a row that was met."""
        if row.ip is None or row.user_agent is None:
            return
        if row.attack_ip:
            self._attacks.add(row)
        elif row.success and not row.takeover:
            self._honest.add(row)
            for place in (_country(row), _city(row)):
                if place is not None:
                    self._places[place].add(row)

    def tries(self, victim: RbaRow, time_ms: int) -> Iterator[tuple[str, RbaRow]]:
        """One of each sort at that time; ``victim``: the last login of the account's owner. A sort of which nothing
        is known yet is left out."""
        naive = self._attacks.of_another(victim.user)
        if naive is not None:
            yield NAIVE, _entering(victim, naive, naive.user_agent, time_ms)
        near, anybody = self._at(_country(victim), victim.user), self._honest.of_another(victim.user)
        if near is not None and anybody is not None:
            yield VPN, _entering(victim, near, anybody.user_agent, time_ms)
        nearest = self._at(_city(victim), victim.user)
        if nearest is not None:
            yield TARGETED, _entering(victim, nearest, victim.user_agent, time_ms)

    def _at(self, place: Hashable, user: str) -> RbaRow | None:
        pool = self._places.get(place)
        return None if pool is None else pool.of_another(user)


def _country(row: RbaRow) -> Hashable:
    return None if row.country is None else ("country", row.country)


def _city(row: RbaRow) -> Hashable:
    if row.city is not None:
        return "city", row.country, row.region, row.city
    return None if row.asn is None else ("network", row.asn)


def _entering(victim: RbaRow, place: RbaRow, user_agent: str | None, time_ms: int) -> RbaRow:
    """The password is right: that is what risk is asked about."""
    return replace(place, index="try", time_ms=time_ms, user=victim.user, user_agent=user_agent, success=True)
