"""Phishing: mails that pretend to be from somewhere else go to many accounts from rented or infected hosts."""

from __future__ import annotations

import random

from streams.simulator.campaigns.schedule import spread
from streams.simulator.draft import Draft
from streams.simulator.networks import hosting_range, proxy
from streams.simulator.population import Population

_SUBJECTS = ("Re: Your account {0} is locked", "Invoice {0}", "PARCEL {0} IS WAITING!!", "Payment of €{0} declined")
_LURES = ("service@bank.example", "Support", "pаyments@bank.example", "Parcel office")
_FILES = ("text/html", "application/zip", "application/x-msdownload", "application/vnd.ms-excel")


def phishing(rng: random.Random, population: Population, count: int, start_ms: int, end_ms: int) -> list[Draft]:
    places = hosting_range(rng, rng.randrange(1, 12)) if rng.random() < 0.6 else [proxy(rng) for _ in range(40)]
    domain = f"secure{rng.randrange(10_000)}.example"
    link = rng.choice((f"login{rng.randrange(10_000)}.example", "xn--bnk-ela.example", "192.0.2.77"))
    subject = rng.choice(_SUBJECTS)
    name = rng.choice(_LURES)
    spf, dmarc = rng.choice((("fail", "fail"), ("softfail", "none"), ("none", "none"), ("pass", "none")))
    attached = rng.choice(_FILES) if rng.random() < 0.4 else None
    drafts = []
    for time_ms in spread(rng, count, start_ms, end_ms):
        place = rng.choice(places)
        data = {
            "account": rng.choice(population.people).account,
            "direction": "inbound",
            "sender": f"notice{rng.randrange(1000)}@{domain}",
            "sender_name": name,
            "return_path": f"{rng.getrandbits(32):x}@bulk.example",
            "reply_to": f"help@drop{rng.randrange(5)}.example",
            "recipient_count": 0,
            "ip": place.ip,
            "helo": rng.choice(("localhost", f"[{place.ip}]", f"host{rng.randrange(100)}.example")),
            "spf": spf,
            "dkim": "none",
            "dmarc": dmarc,
            "subject": subject.format(rng.randrange(100, 100_000)),
            "size_bytes": rng.randrange(1500, 9000),
            "url_domains": [link],
            "body": f"Sign in at http://{link}/{rng.getrandbits(32):08x} within a day.",
        }
        if attached is not None:
            data["attachment_types"] = [attached]
        drafts.append(Draft(time_ms, "mail", data, True))
    return drafts
