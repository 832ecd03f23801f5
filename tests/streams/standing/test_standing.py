"""Live state follows the control topic; what cannot be read is refused, what is taken back is gone."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from support.events import T0, event
from support.standing import add, freeze, label, reset, snooze

from models.facts import NO_FACTS
from streams.standing import NOTHING_ASKED, Asked, Standing
from streams.standing.records import Freeze, ListEntry

ENTITIES = {"account": "ada", "ip": "192.0.2.7"}


def entry(**changes: Any) -> bytes:
    good = {"list": "vpn_exits", "of": "ip", "value": "192.0.2.7"}
    return msgspec.json.encode({**good, **changes})


KEY = ListEntry(list="vpn_exits", of="ip", value="192.0.2.7").key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (KEY, b""),
        (KEY, b"\xff"),
        (KEY, b"[]"),
        (KEY, entry(value="192.0.2.8")),
        (KEY, entry(of="ips")),
        (KEY, entry(of="entity")),
        (KEY, entry(list="Vpn")),
        (KEY, entry(expires_ms="soon")),
        (ListEntry(list="vpn_exits", of="ip", value="::ffff:192.0.2.7").key, entry(value="::ffff:192.0.2.7")),
        ("list/protect/00", entry(list="protect")),
        ("label/account/00", b'{"entity":"account","value":"ada","label":"good"}'),
        ("snooze/login.guess/account/00", b'{"rule":"login.guess","entity":"account","value":"ada","expires_ms":1}'),
        ("freeze/login", b'{"action":"block"}'),
        ("budget-reset/login/overall", b"{}"),
        ("tripped/login/overall", b'{"at_ms":1}'),
    ],
)
def test_what_weirs_commands_do_not_write_is_refused_without_naming_it(key: str, value: bytes) -> None:
    standing = Standing()
    with capture_logs() as logs:
        standing.on_control(key, value)
    assert [one["event"] for one in logs] == ["standing_refused"]
    assert "ada" not in json.dumps(logs)
    assert standing.facts(event("login", "1"), ENTITIES, Asked(frozenset({("ip", "vpn_exits")}))) == NO_FACTS


@pytest.mark.parametrize(
    "key", ["", "list", "bundle/x", "current/login", "model/m", "forgotten/account/00", "lists/x"]
)
def test_the_keys_of_others_are_passed_over(key: str) -> None:
    with capture_logs() as logs:
        Standing().on_control(key, b"{}")
        Standing().on_control(key, None)
    assert logs == []


def test_a_refused_record_leaves_what_was_there() -> None:
    standing = Standing()
    freeze(standing, "login", "review")
    standing.on_control("freeze/login", b'{"action":"block"}')
    assert standing.facts(event("login", "1"), ENTITIES, NOTHING_ASKED).freeze == "review"


def test_everything_that_is_taken_back_leaves_nothing_behind_however_often_it_is_told() -> None:
    standing = Standing()
    keys = [
        add(standing, "vpn_exits", "ip", "192.0.2.0/24").key,
        add(standing, "vpn_exits", "ip", "192.0.2.7").key,
        add(standing, "protect", "entity", "account=ada").key,
        label(standing, "account", "ada", "known good").key,
        snooze(standing, "login.guess", "account", "ada", T0 + 1).key,
        "freeze/login",
    ]
    freeze(standing, "login", "allow")
    asked = Asked(frozenset({("ip", "vpn_exits")}), {}, frozenset({"login.guess"}))
    one = event("login", "1")
    known = standing.facts(one, ENTITIES, asked)
    assert known.protect
    assert known.labels
    assert known.snoozed
    for key in [*keys, *keys]:
        standing.on_control(key, None)
    assert standing.facts(one, ENTITIES, asked) == NO_FACTS
    assert standing.facts(one, ENTITIES, NOTHING_ASKED) is NO_FACTS


def test_an_entry_that_is_set_anew_has_its_new_expiry_and_counts_once() -> None:
    standing = Standing()
    asked = Asked(frozenset({("ip", "vpn_exits")}))
    add(standing, "vpn_exits", "ip", "192.0.2.7", T0)
    add(standing, "vpn_exits", "ip", "192.0.2.7", T0 + 1)
    assert standing.facts(event("login", "1"), ENTITIES, asked).lists == {"vpn_exits": ("ip",)}
    assert REGISTRY.get_sample_value("weir_list_entries", {"list": "vpn_exits"}) == 1


def test_freezing_and_lifting_is_loud_in_log_and_metrics_and_said_once() -> None:
    standing = Standing()
    value = msgspec.json.encode(Freeze(action="allow", author="Jane Roe", reason="bad day"))
    with capture_logs() as logs:
        standing.on_control("freeze/login", value)
        standing.on_control("freeze/login", value)
    assert [(one["event"], one["kind"], one["at_most"]) for one in logs] == [("frozen", "login", "allow")]
    assert "Jane" not in json.dumps(logs)
    assert REGISTRY.get_sample_value("weir_frozen", {"kind": "login"}) == 1
    with capture_logs() as logs:
        standing.on_control("freeze/login", None)
        standing.on_control("freeze/login", None)
    assert [one["event"] for one in logs] == ["freeze_lifted"]
    assert REGISTRY.get_sample_value("weir_frozen", {"kind": "login"}) == 0


def test_a_tripped_budget_is_an_alert_until_it_is_reset() -> None:
    standing = Standing()
    labels = {"kind": "login", "budget": "overall"}
    with capture_logs() as logs:
        standing.on_control(*standing.trip_record("login", "overall", T0))
        assert REGISTRY.get_sample_value("weir_budget_tripped", labels) == 1
        reset(standing, "login", "overall", 1)
        assert REGISTRY.get_sample_value("weir_budget_tripped", labels) == 0
    assert [one["event"] for one in logs] == ["budget_tripped", "budget_reset"]


def test_whoever_asks_while_others_change_sees_a_state_that_was_there() -> None:
    """One thread puts in and takes out a value whose network stays: it is always in the list, and nothing breaks."""
    standing = Standing()
    add(standing, "vpn_exits", "ip", "192.0.0.0/16")
    asked, one = Asked(frozenset({("ip", "vpn_exits")})), event("login", "1")
    done = threading.Event()

    def change() -> None:
        for number in range(400):
            length = 17 + number % 15
            key = add(standing, "vpn_exits", "ip", f"192.0.0.0/{length}").key
            label(standing, "account", "ada", f"l{number % 3}")
            add(standing, f"list_{number}", "ip", "192.0.2.7")
            standing.on_control(key, None)
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    asked_times = 0
    while not done.is_set() or asked_times < 100:
        assert standing.facts(one, ENTITIES, asked).lists == {"vpn_exits": ("ip",)}
        asked_times += 1
    thread.join()


def test_the_package_of_live_state_reads_no_clock() -> None:
    """A replay finds what the live run found."""
    import streams.standing

    for path in Path(next(iter(streams.standing.__path__))).glob("*.py"):
        text = path.read_text()
        assert "import time" not in text
        assert "datetime" not in text
