"""Random events of the shipped kinds: few and many actors, every field now and then, times in no good order."""

from __future__ import annotations

import random
from typing import Any

from support.events import record

_AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
    "python-requests/2.31.0",
    "Страница/1.0 \u0000 }{",
    "",
]
_DOMAINS = ["example.com", "mail.example.org", "mailinator.com", "EXAMPLE.com", "bücher.example", "localhost"]


def traffic(seed: int, count: int, end_ms: int, kinds: tuple[str, ...] = ("signup", "login", "mail")) -> list[bytes]:
    """``count`` records, none of which is later than ``end_ms``; one in fifty repeats another."""
    draw = random.Random(seed)
    made: list[bytes] = []
    now = end_ms - 40 * 86_400_000
    while len(made) < count:
        left = count - len(made)
        # Bursts, pauses, and in the end just as many steps as are left: the last event is about at the end.
        step = draw.choice([0, 5, 700, 9_000, 2 * (end_ms - now) // left])
        now = min(end_ms, now + step)
        late = draw.choice([0, 0, 0, 0, 3_000, 90_000, 700_000, 4_000_000, 90_000_000, 3_000_000_000])
        kind = draw.choice(kinds)
        if made and draw.random() < 0.02:
            made.append(draw.choice(made))
            continue
        fields = {"signup": _signup, "login": _login, "mail": _mail}[kind](draw)
        made.append(record(kind, f"{seed}-{len(made)}", now - late, **_some(draw, fields)))
    return made


def _some(draw: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    """Without some of the fields that may be absent."""
    needed = ("account", "success", "direction")
    return {
        n: v for n, v in fields.items() if n in needed or (n == "ip" and "captcha" in fields) or draw.random() < 0.9
    }


def _account(draw: random.Random) -> str:
    return draw.choice(
        ["ada", "bob", f"u{draw.randrange(50)}", f"u{draw.randrange(100_000)}", "端末\u202e", "a\u0000b"]
    )


def _ip(draw: random.Random) -> str:
    many, few = f"2001:db8:{draw.randrange(999):x}:1::{draw.randrange(9)}", f"192.0.2.{draw.randrange(256)}"
    return draw.choice(["192.0.2.1", "::ffff:192.0.2.1", few, few, f"198.51.{draw.randrange(256)}.7", many])


def _from(draw: random.Random) -> dict[str, Any]:
    return {
        "account": _account(draw),
        "ip": _ip(draw),
        "device": draw.choice([f"d{draw.randrange(30)}", f"d{draw.randrange(50_000)}", ""]),
        "user_agent": draw.choice(_AGENTS),
        "country": draw.choice(["DE", "FR", "ZA", ""]),
        "asn": draw.choice([64_496, 64_500, 16_509, draw.randrange(65_000)]),
    }


def _signup(draw: random.Random) -> dict[str, Any]:
    name = draw.choice(["anna", "maria.lopez", f"x{draw.randrange(99_999)}", "qwrtzp81"])
    return {
        **_from(draw),
        "username": name,
        "recovery_email": f"{draw.choice([name, name.upper(), name + '+x'])}@{draw.choice(_DOMAINS)}",
        "form_seconds": draw.choice([0, 1.5, 40.25]),
        "captcha": draw.choice(["", "passed", "failed", "skipped"]),
        "invited_by": draw.choice(["", _account(draw)]),
        "payment": draw.choice(["", "none", "card"]),
    }


def _login(draw: random.Random) -> dict[str, Any]:
    return {
        **_from(draw),
        "success": draw.random() < 0.7,
        "latitude": draw.choice([52.52, -33.92, 0, round(draw.uniform(-90, 90), 4), draw.uniform(-90, 90)]),
        "longitude": draw.choice([13.405, 18.42, -180, round(draw.uniform(-180, 180), 4), draw.uniform(-180, 180)]),
        "method": draw.choice(["password", "passkey", "otp", "recovery", ""]),
        "failure_reason": draw.choice(["bad_password", "no_such_account", "unknown_user", ""]),
    }


def _mail(draw: random.Random) -> dict[str, Any]:
    people = [f"{draw.choice(['a', 'B', 'c.d'])}{draw.randrange(40)}@{draw.choice(_DOMAINS)}" for _ in range(4)]
    return {
        "account": _account(draw),
        "ip": _ip(draw),
        "direction": draw.choice(["inbound", "outbound"]),
        "sender": people[0],
        "sender_name": draw.choice(["Anna", "PayPaI Service", ""]),
        "return_path": draw.choice(people),
        "reply_to": draw.choice(people),
        "recipients": people[: draw.randrange(5)],
        "recipient_count": draw.choice([0, 1, 3, 1_000_000]),
        "spf": draw.choice(["pass", "fail", "softfail", ""]),
        "dkim": draw.choice(["pass", "fail", "none"]),
        "dmarc": draw.choice(["pass", "fail"]),
        "subject": draw.choice([f"Invoice {draw.randrange(99)}", "Re: lunch", "ПРИВЕТ 🦊", ""]),
        "size_bytes": draw.randrange(90_000),
        "url_domains": [draw.choice(_DOMAINS) for _ in range(draw.randrange(3))],
        "attachment_types": draw.choice([[], ["application/pdf"], ["application/x-msdownload", "text/html"]]),
    }
