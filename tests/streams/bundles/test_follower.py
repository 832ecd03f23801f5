"""A worker takes bundles beside the traffic; one that cannot be used is refused, and the old one stays."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.bundles import SHIPPED, altered
from support.events import CATALOGUES, KINDS
from support.pipeline import wait_until

from features.catalogue import Catalogue
from models.bundle import Bundle
from streams import metrics
from streams.bundles import follower
from streams.bundles.wire import Current, Shipment, bundle_key, current_key, encode_bundle, encode_current
from streams.in_force import InForceBook
from streams.settings import Settings

A, B, C = altered(), altered(mode="off"), altered("mail")


def bundles_in_force(book: InForceBook) -> dict[str, str]:
    return {kind: book.now(kind).bundle.hash for kind in KINDS}


def send(book: InForceBook, bundle: Bundle) -> None:
    book.on_control(bundle_key(bundle.hash), encode_bundle(bundle))


def put(book: InForceBook, name: str, *earlier: str, kind: str = "login") -> None:
    history = [Shipment(hash=one, at_ms=0, by="", note="", replaced="") for one in (name, *earlier)]
    book.on_control(current_key(kind), encode_current(Current(hash=name, history=tuple(history))))


def refused(kind: str = "login") -> float:
    return metrics.BUNDLES_REFUSED.labels(kind)._value.get()


def shown_bundles() -> set[tuple[str, str]]:
    """What the gauge says: (kind, bundle)."""
    (family,) = metrics.BUNDLE_INFO.collect()
    assert all(sample.value == 1 for sample in family.samples)
    return {(sample.labels["kind"], sample.labels["bundle"]) for sample in family.samples}


def wait_for(book: InForceBook, name: str, kind: str = "login") -> None:
    wait_until(lambda: book.now(kind).bundle.hash == name, 20, f"{name} is in force")


@pytest.fixture
def book(tmp_path: Path) -> InForceBook:
    return InForceBook(Settings(registry=str(tmp_path)), CATALOGUES)


@pytest.fixture
def running(book: InForceBook) -> InForceBook:
    book.settle()
    return book


def test_what_ships_is_in_force_and_is_told_as_unknown_until_control_has_it(book: InForceBook) -> None:
    send(book, SHIPPED["mail"])
    assert book.settle().keys() == set(KINDS) - {"mail"}
    assert bundles_in_force(book) == {kind: SHIPPED[kind].hash for kind in KINDS}
    assert shown_bundles() >= {(kind, SHIPPED[kind].hash) for kind in KINDS}


def test_at_the_start_what_was_published_is_in_force_in_whatever_order_it_is_told(book: InForceBook) -> None:
    put(book, A.hash)
    put(book, C.hash, kind="mail")
    for bundle in (A, B, C):
        send(book, bundle)
    assert bundles_in_force(book)["login"] == SHIPPED["login"].hash
    book.settle()
    assert bundles_in_force(book) == {"login": A.hash, "mail": C.hash, "signup": SHIPPED["signup"].hash}


def test_a_running_worker_swaps_one_kind_and_goes_back_to_what_ships(running: InForceBook) -> None:
    before = running.now("login")
    send(running, A)
    put(running, A.hash)
    wait_for(running, A.hash)
    assert before.bundle.hash == SHIPPED["login"].hash
    assert running.now("login").models is before.models
    assert running.now("mail").bundle.hash == SHIPPED["mail"].hash
    wait_until(lambda: ("login", A.hash) in shown_bundles(), 10, "the gauge says so")
    assert ("login", SHIPPED["login"].hash) not in shown_bundles()
    running.on_control(current_key("login"), None)
    wait_for(running, SHIPPED["login"].hash)


def test_whoever_tells_the_control_topic_is_not_kept_waiting_by_compiling(
    running: InForceBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiling, go_on, compiled = threading.Event(), threading.Event(), []
    usual = follower.open_bundle

    def slow(value: bytes, wanted: str, catalogue: Catalogue) -> Bundle:
        compiling.set()
        assert go_on.wait(20)
        compiled.append(wanted)
        return usual(value, wanted, catalogue)

    monkeypatch.setattr(follower, "open_bundle", slow)
    for bundle in (A, B):
        send(running, bundle)
    put(running, A.hash)
    assert compiling.wait(20)
    # Told while the first is compiled: of all these only the last is, afterwards.
    for _ in range(5):
        put(running, A.hash)
        put(running, B.hash)
    running.on_control("champion/login", b"login.halfspace")
    wait_until(lambda: running.now("login").models[0].name == "login.halfspace", 20, "the champion counts")
    go_on.set()
    wait_for(running, B.hash)
    assert compiled == [A.hash, B.hash]


def broken() -> dict[str, bytes]:
    good, name = encode_bundle(A), A.hash.encode()
    return {
        "no JSON": b"{",
        "another bundle": encode_bundle(B),
        "another kind": good.replace(b'"kind":"login"', b'"kind":"mail"'),
        "no TOML": good.replace(b"[[rule]]", b"[[rule"),
        "an unknown feature": good.replace(b"ip.signups_24h", b"ip.sighs_24h"),
        "another hash": encode_bundle(B).replace(B.hash.encode(), name),
    }


@pytest.mark.parametrize("how", list(broken()))
def test_a_broken_bundle_is_refused_and_counted_and_the_old_one_stays(running: InForceBook, how: str) -> None:
    send(running, B)
    put(running, B.hash)
    wait_for(running, B.hash)
    before, now = refused(), running.now("login")
    assert broken()[how] != encode_bundle(A)
    with capture_logs() as logs:
        running.on_control(bundle_key(A.hash), broken()[how])
        put(running, A.hash)
        wait_until(lambda: refused() == before + 1 and bool(logs), 20, "it is refused")
    assert running.now("login") is now
    # What people wrote into a rule, or its cases, is told to them and not to logs.
    assert ["\n" in log["why"] for log in logs if log["event"] == "bundle_refused"] == [False]
    # And whole again it is taken, though nobody puts it in force once more.
    send(running, A)
    wait_for(running, A.hash)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b'{"hash":7}', b"9" * 1000, b"[" * 100_000])
def test_a_current_value_that_is_none_is_counted_and_changes_nothing(running: InForceBook, value: bytes) -> None:
    before, now = refused(), running.now("login")
    running.on_control(current_key("login"), value)
    assert refused() == before + 1
    assert running.now("login") is now


def test_an_error_that_nobody_foresaw_is_a_refusal_too(running: InForceBook, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Bundle:
        raise RecursionError("private text")

    monkeypatch.setattr(follower, "open_bundle", fail)
    before, now = refused(), running.now("login")
    send(running, A)
    put(running, A.hash)
    wait_until(lambda: refused() == before + 1, 20, "it is refused")
    assert running.now("login") is now
    monkeypatch.undo()
    send(running, A)
    wait_for(running, A.hash)


def test_what_was_not_sent_is_refused_and_taken_when_it_comes(running: InForceBook) -> None:
    before = refused()
    put(running, A.hash)
    wait_until(lambda: refused() == before + 1, 20, "it is refused")
    send(running, A)
    wait_for(running, A.hash)


def test_a_worker_that_starts_with_a_broken_one_takes_the_newest_of_the_history_that_it_can(
    book: InForceBook,
) -> None:
    book.on_control(bundle_key(A.hash), encode_bundle(A).replace(b"[[rule]]", b"[[rule"))
    send(book, B)
    put(book, A.hash, "0" * 16, B.hash, SHIPPED["login"].hash)
    before = refused()
    with capture_logs() as logs:
        book.settle()
    assert book.now("login").bundle.hash == B.hash
    assert refused() == before + 2
    said = [(one["event"], one["log_level"]) for one in logs]
    assert said == [
        ("bundle_refused", "error"),
        ("bundle_refused", "error"),
        ("bundle_in_force", "info"),
        ("bundle_fallback", "error"),
    ]
    assert "not TOML" in logs[0]["why"]
    assert (logs[-1]["wanted"], logs[-1]["bundle"]) == (A.hash, B.hash)


def test_a_worker_that_starts_with_nothing_that_it_can_take_judges_with_what_ships(book: InForceBook) -> None:
    put(book, A.hash, B.hash)
    with capture_logs() as logs:
        book.settle()
    assert book.now("login").bundle.hash == SHIPPED["login"].hash
    assert logs[-1]["doing"] == "judging with what ships"
    # Published anew, it is taken.
    send(book, A)
    wait_for(book, A.hash)


def test_what_is_held_of_old_bundles_is_bounded(running: InForceBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "_HELD_BYTES", len(encode_bundle(A)) + 10)
    send(running, B)
    send(running, A)
    before = refused()
    put(running, B.hash)
    wait_until(lambda: refused() == before + 1, 20, "it is gone")
    put(running, A.hash)
    wait_for(running, A.hash)
