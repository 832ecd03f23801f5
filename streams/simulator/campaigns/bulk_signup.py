"""Bulk signups: a script opens accounts from few neighbouring servers or many proxies, with few devices."""

from __future__ import annotations

import random

from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import hosting_range, proxy
from streams.simulator.population import AGENTS, Population


def bulk_signup(rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int) -> list[Draft]:
    places = hosting_range(rng, rng.randrange(2, 9)) if rng.random() < 0.7 else [proxy(rng) for _ in range(30)]
    devices = [f"b{rng.getrandbits(48):012x}" for _ in range(rng.randrange(1, 5))]
    agent = rng.choice(AGENTS)
    domain = f"drop{rng.randrange(40)}.example"
    captcha = rng.choice(("passed", "failed", "skipped"))
    drafts = []
    for time_ms in spread(rng, count, start_ms, end_ms):
        place = rng.choice(places)
        name = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=rng.randrange(8, 14)))
        data = {
            "account": name,
            "ip": place.ip,
            "device": rng.choice(devices),
            "user_agent": agent,
            "username": name,
            "recovery_email": f"{name}@{domain}",
            "country": place.country,
            "asn": place.asn,
            "form_seconds": round(rng.uniform(0.4, 6), 1),
            "captcha": captcha,
            "payment": "none",
        }
        drafts.append(Draft(time_ms, "signup", data, True))
    return drafts
