"""Whoever is protected has nothing enforced against him, also nothing from before."""

from __future__ import annotations

import msgspec

from streams.enforcement.fold import Result, State
from streams.enforcement.protected import Protected
from streams.enforcement.record import Enforced
from streams.enforcement.verdict import Decided, Origin
from streams.standing.records import ListEntry


def protect(value: str, expires_ms: int | None = None) -> tuple[str, bytes]:
    entry = ListEntry(list="protect", of="entity", value=value, expires_ms=expires_ms)
    return entry.key, msgspec.json.encode(entry)


def blocked(name: str, target: str, corrects: str | None = None) -> Decided:
    return Decided(name, target, corrects, Enforced(corrects or name, "login", "block"))


def test_what_was_enforced_is_taken_back_once_somebody_is_protected_and_nothing_new_holds() -> None:
    protected = Protected()
    state = State(protected.covers)
    for number, target in enumerate(("account=ada", "ip=192.0.2.7", "account=bob")):
        assert state.take(blocked(f"d{number}", target), Origin("p", number), 0) is Result.ENFORCED
    assert protected.changed()
    assert not protected.changed()
    protected.on_control(*protect("account=ada", 1000))
    protected.on_control(*protect("ip=192.0.2.0/24"))
    protected.on_control("freeze/login", b"not ours")
    assert protected.changed()
    assert state.release(500) == 2
    assert list(state.targets) == ["account=bob"]
    assert dict(state.changes())["account=ada"] is None
    # A worker that did not know yet, a correction, and the time after which it holds again.
    assert state.take(blocked("d3", "account=ada"), Origin("p", 3), 999) is Result.PROTECTED
    assert state.take(blocked("c3", "account=ada", corrects="d3"), None, 999) is Result.CORRECTION
    assert list(state.targets) == ["account=bob"]
    assert state.take(blocked("d4", "account=ada"), Origin("p", 4), 1000) is Result.ENFORCED
    protected.on_control(protect("ip=192.0.2.0/24")[0], None)
    assert state.take(blocked("d5", "ip=192.0.2.7"), Origin("p", 5), 1000) is Result.ENFORCED
