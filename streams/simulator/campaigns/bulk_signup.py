"""Bulk signups: a script opens accounts from few neighbouring servers or many proxies, with few devices, and enters
the first of them to see that they work."""

from __future__ import annotations

import random
from typing import Any

from streams.simulator.agents import SCRIPTS
from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import Place, hosting_range, proxy
from streams.simulator.population import FIRST, LAST, Population

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_TRIED = 0.1
_THROW_AWAY = ("mailinator.com", "yopmail.com", "guerrillamail.com")


def bulk_signup(rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int) -> list[Draft]:
    places = hosting_range(rng, rng.randrange(2, 9)) if rng.random() < 0.7 else [proxy(rng) for _ in range(30)]
    devices = [f"b{rng.getrandbits(48):012x}" for _ in range(rng.randrange(1, 5))]
    agent = rng.choice(SCRIPTS)
    drop = f"drop{rng.randrange(40)}.example" if rng.random() < 0.7 else rng.choice(_THROW_AWAY)
    # Either a mailbox for each account, or one mailbox and a tag for each.
    mailbox = rng.choice(("", f"box{rng.randrange(1000)}+"))
    captcha = rng.choice(("passed", "failed", "skipped"))
    inviter = rng.choice(population.people).account if rng.random() < 0.2 else None
    from_template = rng.random() < 0.5
    opened: list[dict[str, Any]] = []
    drafts = []
    for time_ms in spread(rng, count, start_ms, end_ms):
        if opened and rng.random() < _TRIED:
            drafts.append(Draft(time_ms, "login", _login(rng.choice(opened), rng.choice(places)), True))
            continue
        place = rng.choice(places)
        name = _template(rng) if from_template else "".join(rng.choices(_LETTERS, k=rng.randrange(8, 14)))
        data = {
            "account": f"{name}.{rng.getrandbits(32):08x}",
            "ip": place.ip,
            "device": rng.choice(devices),
            "user_agent": agent,
            "username": name,
            "recovery_email": f"{mailbox}{name}@{drop}",
            "country": place.country,
            "asn": place.asn,
            "form_seconds": round(rng.uniform(0.4, 6), 1),
            "captcha": captcha,
            "payment": "none",
        }
        if inviter is not None:
            data["invited_by"] = inviter
        opened.append(data)
        drafts.append(Draft(time_ms, "signup", data, True))
    return drafts


def _template(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)}{rng.choice(LAST)}{rng.randrange(10_000):04}"


def _login(signup: dict[str, Any], place: Place) -> dict[str, Any]:
    return {
        "account": signup["account"],
        "success": True,
        "ip": place.ip,
        "device": signup["device"],
        "user_agent": signup["user_agent"],
        "country": place.country,
        "asn": place.asn,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "method": "password",
    }
