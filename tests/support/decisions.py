"""Verdict records as the enforcer meets them, and a model that keeps everything of what has to be enforced."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from features.event import to_rfc3339
from models.actions import ACTIONS, RANK
from streams.wire import RecordRef, origin_headers

T0 = 1_795_237_200_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A record of the verdicts topic. ``offset``: of its event, in partition ``source``; both make its headers."""

    id: str
    account: str
    action: str
    expires_ms: int | None
    corrects: str | None
    source: int
    offset: int

    @property
    def value(self) -> bytes:
        data = {
            "event": {"kind": "login", "source": "test", "id": self.id},
            "entities": {"account": self.account, "ip": "192.0.2.1"},
            "action": self.action,
            "target": "account",
            "features": {f"account.feature_{number}": 0.5 for number in range(40)},
        }
        if self.corrects is not None:
            data["corrects"] = self.corrects
        if self.expires_ms is not None:
            data["expires_at"] = to_rfc3339(self.expires_ms)
        envelope = {"specversion": "1.0", "id": self.id, "source": "weir", "type": "verdict", "time": to_rfc3339(T0)}
        return msgspec.json.encode({**envelope, "data": data})

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        return origin_headers(RecordRef("login", "events", self.source, self.offset, T0))


def decisions(count: int, accounts: int, now_ms: int, seed: int) -> list[Sent]:
    """Verdicts in the order of their events, an account's always from one source; some correct earlier ones."""
    rng = random.Random(seed)
    made: list[Sent] = []
    for number in range(count):
        account = f"u{rng.randrange(accounts)}"
        action = rng.choice(ACTIONS)
        expires_ms = rng.choice([None, now_ms + 3_600_000 + number, now_ms - 1000])
        made.append(Sent(f"d{number}", account, action, expires_ms, None, int(account[1:]) % 3, number))
        if rng.random() < 0.1:
            made.append(correction(rng.choice(made), f"c{number}", rng.choice(ACTIONS)))
    return made


def correction(of: Sent, name: str, action: str) -> Sent:
    return Sent(name, of.account, action, of.expires_ms, of.corrects or of.id, of.source, of.offset)


def still_enforced(sent: Iterable[Sent], now_ms: int) -> dict[str, set[tuple[str, str]]]:
    """By account, (decision, action) of what holds: of a decision the last correction counts, or the verdict."""
    last: dict[str, Sent] = {}
    for one in sent:
        if one.corrects is not None:
            last[one.corrects] = one
        else:
            last.setdefault(one.id, one)
    found: dict[str, set[tuple[str, str]]] = {}
    for decision, one in last.items():
        if RANK[one.action] > RANK["review"] and (one.expires_ms is None or one.expires_ms > now_ms):
            found.setdefault(one.account, set()).add((decision, one.action))
    return found
