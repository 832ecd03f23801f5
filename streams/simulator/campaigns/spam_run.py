"""A spam run: an account is entered and then sends mails to many strangers until it is stopped."""

from __future__ import annotations

import random

from streams.simulator.agents import DESKTOPS
from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import hosting
from streams.simulator.population import FIRST, Population

_OFFERS = ("You have won", "Your parcel waits", "Last notice", "Cheap pills", "Invest today")


def spam_run(rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int) -> list[Draft]:
    victim = rng.choice(population.people)
    place = hosting(rng)
    offer = rng.choice(_OFFERS)
    link = f"offer{rng.randrange(1000)}.example"
    drafts: list[Draft] = []
    for time_ms in spread(rng, count, start_ms, end_ms):
        if not drafts:
            login = {
                "account": victim.account,
                "success": True,
                "ip": place.ip,
                "device": f"t{rng.getrandbits(48):012x}",
                "user_agent": rng.choice(DESKTOPS),
                "country": place.country,
                "asn": place.asn,
                "latitude": place.latitude,
                "longitude": place.longitude,
                "method": "password",
            }
            drafts.append(Draft(time_ms, "login", login, True))
            continue
        recipients = [
            f"{rng.choice(FIRST)}{rng.randrange(10_000)}@list.example" for _ in range(rng.randrange(10, 40))
        ]
        mail = {
            "account": victim.account,
            "direction": "outbound",
            "sender": f"{victim.account}@mail.example",
            "recipients": recipients,
            "recipient_count": len(recipients),
            "ip": place.ip,
            "subject": f"{offer} {rng.randrange(100, 1000)}!!!",
            "message_id": f"<{rng.getrandbits(48):x}@mail.example>",
            "size_bytes": rng.randrange(1500, 4000),
            "url_domains": [link],
            "body": f"{offer}: see http://{link}/{rng.getrandbits(32):08x} before it is too late.",
        }
        drafts.append(Draft(time_ms, "mail", mail, True))
    return drafts
