"""A person: where he lives and works, and what he enters his account with."""

from __future__ import annotations

from dataclasses import dataclass

from streams.simulator.networks import Country, Place
from streams.simulator.rhythm import HOUR_MS

_JOURNEY_MS = 14 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Person:
    """``away`` of a traveller: from, to (milliseconds since 1970) and where. ``hidden``: comes through a relay."""

    account: str
    country: Country
    home: Place
    office: Place | None
    device: str
    phone: str
    agent: str
    phone_agent: str
    away: tuple[int, int, Country] | None
    hidden: bool

    def is_under_way(self, time_ms: int) -> bool:
        """Whether he sits in an aeroplane, there or back, and does nothing."""
        if self.away is None:
            return False
        return any(0 <= end_ms - time_ms < _JOURNEY_MS for end_ms in (self.away[0], self.away[1] + _JOURNEY_MS))
