"""Records that are no events, each with the reason for which it has to be refused; and odd ones that are events."""

from __future__ import annotations

import json
import random
from typing import Any

from support.events import T0, record

DAY_MS = 86_400_000


def garbage(seed: int, count: int, now_ms: int) -> list[tuple[str, bytes | None, str]]:
    """(kind of the topic, value, expected reason), ``count`` of them; none repeats another's bytes."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        kind = rng.choice(["login", "signup", "mail"])
        value, reason = _makers[i % len(_makers)](kind, f"g{seed}-{i}", now_ms)
        made.append((kind, value, reason))
    return made


def _changed(kind: str, name: str, now_ms: int, **changes: Any) -> bytes:
    event = json.loads(record(kind, name, now_ms))
    event.update(changes)
    return json.dumps(event).encode()


def _data(kind: str, name: str, now_ms: int, **fields: Any) -> bytes:
    return record(kind, name, now_ms, **fields)


_makers = [
    lambda k, n, t: (b'{"specversion":"1.0","id":"' + n.encode(), "json"),
    lambda k, n, t: (b"not json " + n.encode(), "json"),
    lambda k, n, t: (b"[1,2,3]", "envelope"),
    lambda k, n, t: (None, "empty"),
    lambda k, n, t: (_data(k, n, t, account=7), "field"),
    lambda k, n, t: (_data(k, n, t, account=""), "field"),
    lambda k, n, t: (_data(k, n, t, ip="999.1.1.1"), "field"),
    lambda k, n, t: (_data(k, n, t, ip=["192.0.2.1"]), "field"),
    lambda k, n, t: (record(k, n, t).replace(b'"account":"', b'"account":NaN,"x":"'), "json"),
    lambda k, n, t: (record(k, n, t).replace(b'"data":{', b'"data":{"asn":Infinity,'), "json"),
    lambda k, n, t: (b'{"a":' + b"[" * 50_000, "json"),
    lambda k, n, t: (record(k, n, t).replace(b'"data":{', b'"data":{"extra":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b","), "json"),  # noqa: E501
    lambda k, n, t: (b'\xff\xfe{"id":"' + n.encode() + b'"}', "encoding"),
    lambda k, n, t: (record(k, n, t, account="abc").replace(b"abc", b"a\xc3\x28c"), "encoding"),
    lambda k, n, t: (record(k, n, t, account="x" * 200_000), "oversized"),
    lambda k, n, t: (_changed(k, n, t, type="purchase"), "kind"),
    lambda k, n, t: (_changed(k, n, t, specversion="0.3"), "specversion"),
    lambda k, n, t: (_changed(k, n, t, time="9999-01-01T00:00:00Z"), "future"),
    lambda k, n, t: (_changed(k, n, t, time="yesterday"), "time"),
    lambda k, n, t: (_changed(k, n, t, time="2026-11-21T05:00:00"), "time"),
    lambda k, n, t: (_changed(k, n, t, id=""), "envelope"),
    lambda k, n, t: (_changed(k, n, t, source=None), "envelope"),
    lambda k, n, t: (_changed(k, n, t, data="text"), "field"),
    lambda k, n, t: (b"\x00\x01\x02" + n.encode(), "json"),
    lambda k, n, t: (record(k, n, t).replace(b'"test"', b'"\\ud800"'), "json"),
]  # fmt: skip


def odd_but_valid(now_ms: int) -> list[tuple[str, bytes]]:
    """Events that look strange and are none the less events."""
    return [
        ("login", record("login", "身份-1", now_ms, source="サービス", account="ユーザー", success=True)),
        ("login", record("login", "שלום", now_ms, account="\u202eabc\u202c", success=False, device="", country="")),
        ("login", record("login", "emoji-🦊", now_ms, account="🦊" * 40, success=True, ip="", user_agent="")),
        ("login", record("login", "old", -2_000_000_000_000, account="ancient", success=True)),
        ("login", record("login", 'quote"\\\n\t\u0000', now_ms, account="a\u0000b", success=True)),
        ("login", record("login", "v6", now_ms, account="six", success=True, ip="2001:DB8:0:0::1")),
        ("signup", record("signup", "empty", now_ms, account="e", ip="::9", captcha="", payment="", device=None)),
        ("signup", record("signup", "unknown-fields", now_ms, account="u", ip="::9", colour="red", n={"a": [1]})),
        ("mail", record("mail", "rtl", now_ms, subject="مرحبا بالعالم", sender="", spf="", recipients=[])),
        ("mail", record("mail", "a" * 1024, now_ms, account="m", body="x" * 8192, headers="h" * 8192)),
        ("login", record("login", "zone", now_ms, account="z", success=True).replace(b"Z\"", b"+00:00\"")),
    ]  # fmt: skip


__all__ = ["T0", "garbage", "odd_but_valid"]
