"""Credential stuffing: leaked passwords tried on many accounts, a few of which open."""

from __future__ import annotations

import random

from streams.simulator.agents import SCRIPTS
from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import hosting_range, proxy
from streams.simulator.population import FIRST, LAST, Population

_OPENS = 0.015
_KNOWN = 0.5


def credential_stuffing(
    rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int
) -> list[Draft]:
    places = hosting_range(rng, rng.randrange(1, 6)) if rng.random() < 0.5 else [proxy(rng) for _ in range(60)]
    agent = rng.choice(SCRIPTS)
    drafts = []
    for time_ms in spread(rng, count, start_ms, end_ms):
        place = rng.choice(places)
        known = rng.random() < _KNOWN
        account = rng.choice(population.people).account
        success = known and rng.random() < _OPENS
        data = {
            "account": account if known else f"{rng.choice(FIRST)}.{rng.choice(LAST)}.{rng.randrange(10_000)}",
            "success": success,
            "ip": place.ip,
            "device": f"s{rng.getrandbits(48):012x}",
            "user_agent": agent,
            "country": place.country,
            "asn": place.asn,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "method": "password",
        }
        if not success:
            data["failure_reason"] = "bad_password" if known else "no_such_account"
        drafts.append(Draft(time_ms, "login", data, True))
    return drafts
