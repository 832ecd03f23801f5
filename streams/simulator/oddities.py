"""What honest people do that looks odd: without it, ordinary traffic would be quieter than any rule deserves."""

from __future__ import annotations

import random
from typing import Any

# Of all mails that are written or received, so many have the oddity.
_SHOUTS = 0.004
_EXCLAIMS = 0.02
_FALSE_REPLY = 0.02
_OLD_DOCUMENT = 0.005
_PAGE = 0.002
_ROUTER_LINK = 0.001
# Of letters that come in: from somebody's own small server, and from a service that writes in one's own name.
_OWN_SERVER = 0.03
_OWN_NAME = 0.002
# Of letters that go out.
_CIRCULAR = 0.01
# Of signups.
_FILLED_BY_BROWSER = 0.03
_THROW_AWAY = 0.01
_NICKNAME = 0.02
_NICKNAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def odd_letter(rng: random.Random, data: dict[str, Any]) -> None:
    """Make some letters what filters look for: capitals, exclamation marks, old documents, answers to nothing."""
    if rng.random() < _SHOUTS:
        data["subject"] = data["subject"].upper()
    if rng.random() < _EXCLAIMS:
        data["subject"] += "!" * rng.randrange(1, 4)
    if rng.random() < _FALSE_REPLY and "in_reply_to" not in data:
        data["subject"] = f"Re: {data['subject']}"
    if rng.random() < _OLD_DOCUMENT:
        data["attachment_types"] = [rng.choice(("application/msword", "application/zip"))]
    if rng.random() < _PAGE:
        data["attachment_types"] = ["text/html"]
    if rng.random() < _ROUTER_LINK:
        data["url_domains"] = ["192.0.2.1"]


def odd_arrival(rng: random.Random, account: str, data: dict[str, Any]) -> None:
    """Let some letters come from a small server without signatures, or in the reader's own name."""
    if rng.random() < _OWN_SERVER:
        data |= {"dkim": "none", "dmarc": "none", "spf": rng.choice(("pass", "pass", "neutral", "none"))}
        data["helo"] = rng.choice((data["helo"], "mail", "localhost.localdomain"))
        data["ip"] = f"198.51.100.{64 + sum(map(ord, data['sender'])) % 128}"
    if rng.random() < _OWN_NAME:
        data |= {"sender": account, "spf": "pass", "dmarc": "none"}


def circular(rng: random.Random, data: dict[str, Any], domains: tuple[str, ...]) -> None:
    """Let some letters go to a whole club, with a link to where it meets."""
    if rng.random() < _CIRCULAR:
        members = [f"member{rng.randrange(500)}@{rng.choice(domains)}" for _ in range(rng.randrange(12, 80))]
        data |= {"recipients": members, "recipient_count": len(members)}
        data["url_domains"] = [f"club{rng.randrange(40)}.example"]


def odd_signup(rng: random.Random, data: dict[str, Any]) -> None:
    """Let browsers fill some forms at once, some people like throw-away addresses, and some names be no names."""
    if rng.random() < _FILLED_BY_BROWSER:
        data["form_seconds"] = round(rng.uniform(1, 4), 1)
    if rng.random() < _THROW_AWAY:
        data["recovery_email"] = f"{data['username']}@mailinator.com"
    if rng.random() < _NICKNAME:
        data["username"] = "".join(rng.choices(_NICKNAME_LETTERS, k=rng.randrange(6, 14)))
