"""How people enter their accounts: where they are, with what, and what they do when the password is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from streams.simulator.draft import Draft
from streams.simulator.networks import Place, mobile, relay
from streams.simulator.person import Person

Deed = Callable[[int], Draft]
"""What somebody does at the moment that it is given, in milliseconds since 1970."""

_WRONG_PASSWORD = 0.05
# Who mistyped it once is in a hurry, or has forgotten it: he tries again, and asks for a new one in the end.
_WRONG_AGAIN = 0.35
_GIVES_UP = 4
_LEAVES = 0.1
_AGAIN_MS = (4_000, 40_000)
_ON_PHONE = 0.35
_BY_MAIL_PROGRAM = 0.04
_NEW_DEVICE = 0.002


class Entering:
    """``later``: is given a moment and what is done then, or as soon after it as anybody acts."""

    def __init__(self, rng: random.Random, later: Callable[[int, Deed], None]) -> None:
        self._rng = rng
        self._later = later
        self._bought: dict[tuple[str, bool], str] = {}

    def enter(self, person: Person, time_ms: int) -> Draft:
        rng = self._rng
        on_phone = rng.random() < _ON_PHONE
        place = self._place(person, on_phone, time_ms)
        if rng.random() < _BY_MAIL_PROGRAM:
            return Draft(time_ms, "login", _login(person, place, method="app_password"), False)
        if rng.random() < _NEW_DEVICE:
            self._bought[person.account, on_phone] = f"{'p' if on_phone else 'd'}{rng.getrandbits(48):012x}"
        return self._attempt(person, on_phone, place, 1, time_ms)

    def _attempt(self, person: Person, on_phone: bool, place: Place, attempt: int, time_ms: int) -> Draft:
        rng = self._rng
        recovers = attempt > _GIVES_UP
        success = recovers or rng.random() >= (_WRONG_PASSWORD if attempt == 1 else _WRONG_AGAIN)
        method = "recovery" if recovers else "password" if rng.random() < 0.8 else "passkey"
        data = _login(person, place, success=success, method=method)
        data["device"] = self._bought.get((person.account, on_phone)) or (person.phone if on_phone else person.device)
        data["user_agent"] = person.phone_agent if on_phone else person.agent
        if not success:
            data["failure_reason"] = "bad_password"
            if rng.random() >= _LEAVES:
                again = partial(self._attempt, person, on_phone, place, attempt + 1)
                self._later(time_ms + rng.randrange(*_AGAIN_MS), again)
        return Draft(time_ms, "login", data, False)

    def _place(self, person: Person, on_phone: bool, time_ms: int) -> Place:
        rng = self._rng
        if person.hidden:
            return relay(rng)
        if person.away is not None and person.away[0] < time_ms <= person.away[1]:
            return mobile(rng, person.away[2])
        if on_phone:
            return mobile(rng, person.country)
        if person.office is not None and 8 <= time_ms // 3_600_000 % 24 < 18:
            return person.office
        return person.home


def _login(person: Person, place: Place, success: bool = True, method: str = "password") -> dict[str, Any]:
    return {
        "account": person.account,
        "success": success,
        "ip": place.ip,
        "country": place.country,
        "asn": place.asn,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "method": method,
    }
