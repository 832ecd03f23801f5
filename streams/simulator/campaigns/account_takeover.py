"""Account takeover: somebody enters people's accounts from far away, with few tries and a device of his own."""

from __future__ import annotations

import random

from streams.simulator.agents import DESKTOPS
from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import proxy
from streams.simulator.population import Population

_TRIES = 4


def account_takeover(
    rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int
) -> list[Draft]:
    device = f"t{rng.getrandbits(48):012x}"
    agent = rng.choice(DESKTOPS)
    drafts: list[Draft] = []
    tries = 0
    for time_ms in spread(rng, count, start_ms, end_ms):
        if tries == 0:
            victim = rng.choice(population.people)
            place = proxy(rng)
            tries = rng.randrange(1, _TRIES)
        tries -= 1
        data = {
            "account": victim.account,
            "success": tries == 0,
            "ip": place.ip,
            "device": device,
            "user_agent": agent,
            "country": place.country,
            "asn": place.asn,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "method": "password",
        }
        if tries:
            data["failure_reason"] = "bad_password"
        drafts.append(Draft(time_ms, "login", data, True))
    return drafts
