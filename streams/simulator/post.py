"""Honest mail: what people write to one another, and the newsletters that they get."""

from __future__ import annotations

import random
from typing import Any

from streams.simulator.draft import Draft
from streams.simulator.networks import mail_server
from streams.simulator.oddities import circular, odd_arrival, odd_letter

DOMAINS = ("mail.example", "post.example", "inbox.example", "example.com", "example.net")
_FRIENDS = ("amber", "basil", "coral", "fern", "hazel", "iris", "linden", "rowan", "sage", "tansy")
_MATTERS = ("the garden", "Friday", "the invoice", "our trip", "the meeting", "your parcel", "the keys", "lunch")
_TIMES = (
    "today",
    "tomorrow",
    "next week",
    "in May",
    "again",
    "at last",
    "after all",
    "on Monday",
    "as promised",
    "now",
)
_FILES = ("application/pdf", "image/jpeg", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
_SHOPS = 60
_LETTERS = 0.6
_REPLIES = 0.4
_FORWARDED = 0.03


def written(rng: random.Random, account: str, ip: str, time_ms: int) -> Draft:
    """A mail that somebody sends to one or a few friends."""
    recipients = [f"{rng.choice(_FRIENDS)}@{rng.choice(DOMAINS)}" for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    data = {
        "account": account,
        "direction": "outbound",
        "sender": f"{account}@mail.example",
        "recipients": recipients,
        "recipient_count": len(recipients),
        "ip": ip,
        **_letter(rng, f"<{rng.getrandbits(48):x}@mail.example>"),
    }
    circular(rng, data, DOMAINS)
    return Draft(time_ms, "mail", data, False)


def received(rng: random.Random, account: str, friend: str, time_ms: int) -> Draft:
    """A mail that comes in from a friend, or from a shop that the account buys from."""
    from_friend = rng.random() < _LETTERS
    data = _from_friend(rng, friend) if from_friend else _from_shop(rng, account)
    if from_friend:
        odd_arrival(rng, account, data)
    if rng.random() < _FORWARDED:
        # Forwarding breaks SPF and nothing else.
        data["spf"] = "softfail"
    addressed = {"account": account, "direction": "inbound", "recipients": [account], "recipient_count": 1}
    return Draft(time_ms, "mail", {**addressed, **data}, False)


def _from_friend(rng: random.Random, friend: str) -> dict[str, Any]:
    # Each stays with one provider.
    domain = DOMAINS[sum(map(ord, friend)) % len(DOMAINS)]
    sender = f"{friend}@{domain}"
    return {
        "sender": sender,
        "sender_name": friend.replace(".", " ").title(),
        "return_path": sender,
        "ip": mail_server(DOMAINS.index(domain)),
        "helo": f"out.{domain}",
        **_passed(),
        **_letter(rng, f"<{rng.getrandbits(48):x}@{domain}>"),
    }


def newsletter(rng: random.Random, account: str, shop: int, time_ms: int) -> Draft:
    """A shop's letter to one of the many who get it in the same hour."""
    addressed = {"account": account, "direction": "inbound", "recipients": [account], "recipient_count": 1}
    return Draft(time_ms, "mail", {**addressed, **_of_shop(rng, shop % _SHOPS)}, False)


def _from_shop(rng: random.Random, account: str) -> dict[str, Any]:
    return _of_shop(rng, (sum(map(ord, account)) + rng.randrange(5)) % _SHOPS)


def _of_shop(rng: random.Random, number: int) -> dict[str, Any]:
    domain, post = f"shop{number}.example", f"post{number % 4}.example"
    return {
        "sender": f"news@{domain}",
        "sender_name": f"Shop {number}",
        "return_path": f"bounce-{rng.getrandbits(32):x}@{post}",
        "ip": mail_server(20 + number % 4),
        "helo": f"out.{post}",
        **_passed(),
        "subject": f"{rng.randrange(5, 50)} new things for your {rng.choice(('home', 'garden', 'desk'))}",
        "message_id": f"<{rng.getrandbits(48):x}@{post}>",
        "size_bytes": rng.randrange(20_000, 90_000),
        "url_domains": [domain, post],
        "body": f"See https://{domain}/new and unsubscribe at https://{post}/u. " + "New. " * 200,
    }


def _passed() -> dict[str, Any]:
    return {"spf": "pass", "dkim": "pass", "dmarc": "pass"}


def _letter(rng: random.Random, message_id: str) -> dict[str, Any]:
    # People write about one thing in as many ways as there are people.
    matter = f"{rng.choice(_MATTERS)} {rng.choice(_TIMES)}, {rng.choice(_FRIENDS).title()}"
    more = "And more. " * rng.randrange(60)
    data: dict[str, Any] = {
        "subject": f"About {matter}",
        "message_id": message_id,
        "size_bytes": rng.randrange(800, 60_000),
        "body": f"Hello, about {matter}: shall we talk on day {rng.randrange(1, 29)}? {more}",
    }
    if rng.random() < _REPLIES:
        data["subject"] = f"Re: {data['subject']}"
        data["in_reply_to"] = f"<{rng.getrandbits(48):x}@{rng.choice(DOMAINS)}>"
    if rng.random() < 0.1:
        data["attachment_types"] = [rng.choice(_FILES)]
    odd_letter(rng, data)
    return data
