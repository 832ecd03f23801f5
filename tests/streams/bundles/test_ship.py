"""What is shipped stands on the control topic, all or nothing; two at once: see tests/e2e/test_shipping.py."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from structlog.testing import capture_logs
from support.bundles import SHIPPED, altered
from support.events import CATALOGUES
from support.mock_kafka import mock_kafka, read_topic

from models.bundle import Bundle
from streams.bundles import ship as module
from streams.bundles.shelf import BundleShelf, find_bundle, open_shelf
from streams.bundles.ship import Change, ShippingError, announce_shipped, ship
from streams.bundles.wire import MOST_SHIPMENTS, Current, bundle_key, current_key, decode_current, encode_bundle
from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.settings import Settings


@pytest.fixture
def settings() -> Iterator[Settings]:
    with mock_kafka() as address:
        Producer({"bootstrap.servers": address}).list_topics("control", timeout=10)
        yield Settings(kafka=address, partitions=1)


def change(shelf: BundleShelf, bundle: Bundle) -> Change:
    return Change(hash=bundle.hash, value=encode_bundle(bundle), now=shelf.now(bundle.text.kind))


def test_all_kinds_are_in_force_at_once_and_what_they_replace_is_there_to_go_back_to(settings: Settings) -> None:
    shelf = open_shelf(settings, CATALOGUES)
    mine = [altered("login"), altered("mail")]
    told = ship(settings, [change(shelf, bundle) for bundle in mine], by="ada", note="why")
    control = read_control(settings)
    for bundle in mine:
        kind = bundle.text.kind
        current = decode_current(control[current_key(kind)])
        assert current == told[kind]
        (only,) = current.history
        assert (only.hash, only.replaced) == (bundle.hash, SHIPPED[kind].hash)
        assert (only.by, only.note, only.rollback) == ("ada", "why", False)
        assert control[bundle_key(bundle.hash)] == encode_bundle(bundle)
        assert control[bundle_key(SHIPPED[kind].hash)] == encode_bundle(SHIPPED[kind])
        assert find_bundle(settings, CATALOGUES[kind], bundle.hash).engine.rules == bundle.engine.rules
    assert len({current.history[0].at_ms for current in told.values()}) == 1
    assert current_key("signup") not in control


def test_a_bundle_stands_in_front_of_what_puts_it_in_force_also_when_it_was_sent_before(settings: Settings) -> None:
    a, b = altered("login"), altered("login", "off")
    for bundle in (a, b, a):
        ship(settings, [change(open_shelf(settings, CATALOGUES), bundle)], by="ada", note="")
    keys = [message.key().decode() for message in read_topic(settings.kafka, "control", 7)]
    now, one, two = (current_key("login"), bundle_key(a.hash), bundle_key(b.hash))
    assert keys == [bundle_key(SHIPPED["login"].hash), one, now, two, now, one, now]


def test_the_history_is_bounded_and_the_newest_stands_first(settings: Settings) -> None:
    shelf = open_shelf(settings, CATALOGUES)
    full = Current(
        hash="x", history=ship(settings, [change(shelf, altered("login"))], by="", note="0")["login"].history
    )
    full = msgspec.structs.replace(full, history=full.history * MOST_SHIPMENTS)
    announce(settings, {current_key("login"): msgspec.json.encode(full)})
    history = ship(settings, [change(open_shelf(settings, CATALOGUES), altered("login"))], by="", note="1")[
        "login"
    ].history
    assert [one.note for one in history] == ["1", *["0"] * (MOST_SHIPMENTS - 1)]


def test_who_looked_before_somebody_else_changed_it_changes_nothing(settings: Settings) -> None:
    before = open_shelf(settings, CATALOGUES)
    ship(settings, [change(before, altered("login"))], by="ada", note="")
    seen = read_control(settings)
    both = [change(before, altered("mail")), change(before, altered("login", "off"))]
    with pytest.raises(
        ShippingError, match="somebody else changed what is in force for login meanwhile, nothing was"
    ):
        ship(settings, both, by="bob", note="")
    assert read_control(settings) == seen


def test_a_broken_current_value_is_mended_by_shipping(settings: Settings) -> None:
    announce(settings, {current_key("login"): b"{"})
    shelf = open_shelf(settings, CATALOGUES)
    assert shelf.now("login").fault
    assert ship(settings, [change(shelf, altered("login"))], by="ada", note="")["login"].history[0].by == "ada"
    assert not open_shelf(settings, CATALOGUES).now("login").fault


def test_a_record_that_the_topic_refuses_is_told_with_the_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = module.producer_config
    # As a topic that was made with a smaller limit refuses it.
    monkeypatch.setattr(module, "producer_config", lambda *given: usual(*given) | {"message.max.bytes": 2000})
    seen = read_control(settings)
    with pytest.raises(ShippingError, match=r"takes no record so large: see its max\.message\.bytes"):
        ship(settings, [change(open_shelf(settings, CATALOGUES), altered("login"))], by="ada", note="")
    assert read_control(settings) == seen


def test_what_ships_with_a_worker_is_announced_and_a_failure_is_only_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce_shipped(settings, SHIPPED.values())
    assert {bundle_key(bundle.hash) for bundle in SHIPPED.values()} == read_control(settings).keys()

    def refuse(*_: object) -> None:
        raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))

    monkeypatch.setattr(module, "announce", refuse)
    with capture_logs() as logs:
        announce_shipped(settings, [SHIPPED["mail"]])
    assert [(one["event"], one["bundle"]) for one in logs] == [("bundle_not_announced", SHIPPED["mail"].hash)]
