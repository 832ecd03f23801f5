"""``weir entity``: labels that people and programs set, taken back, and shown beside snoozes and protection."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest
from support.control import Control, control_topic
from support.events import event

from streams.cli.entity import entity
from streams.cli.lists import lists
from streams.standing import NOTHING_ASKED
from streams.standing.records import EntityLabel, ListEntry

ADA = {"account": "ada"}


@pytest.fixture
def control() -> Iterator[Control]:
    with control_topic() as control:
        yield control


def labels(control: Control) -> dict[str, tuple[str, ...]]:
    return control.standing().facts(event("login", "1"), ADA, NOTHING_ASKED).labels


def test_labels_are_known_to_workers_until_they_are_taken_back(control: Control) -> None:
    said = control.ok(entity, "label", "account=ada", "known good", "staff", "--expires", "2999-01-01")
    assert said == "account=ada: known good, staff (manual); until: 2999-01-01T00:00:00Z\n"
    assert labels(control) == {"account": ("known good", "staff")}
    assert "known good (manual): taken back" in control.ok(entity, "unlabel", "account=ada", "known good")
    assert labels(control) == {"account": ("staff",)}
    again = control.run(entity, "unlabel", "account=ada", "known good")
    assert again.exit_code == 1
    assert "it did not have this label" in again.stdout
    control.ok(entity, "unlabel", "account=ada", "staff")
    assert labels(control) == {}
    assert control.now() == {}


def test_automatic_labels_are_silent_beside_a_manual_one_and_shown_so(control: Control) -> None:
    control.ok(entity, "label", "account=ada", "compromised", "--by", "automatic", "--author", "honeypot")
    assert labels(control) == {"account": ("compromised",)}
    control.ok(entity, "label", "account=ada", "known good", "--author", "eve", "--reason", "called her")
    assert labels(control) == {"account": ("known good",)}
    told = control.json(entity, "show", "account=ada")
    assert (told["entity"], told["values"]) == ("account", ["ada"])
    shown = {one["name"]: (one["by"], one["author"], one["reason"], one["silent"]) for one in told["set"]}
    assert shown == {
        "compromised": ("automatic", "honeypot", "", True),
        "known good": ("manual", "eve", "called her", False),
    }
    assert "silent beside a manual label" in control.ok(entity, "show", "account=ada")


def test_show_has_protection_by_a_network_and_by_value_and_nothing_of_others(control: Control) -> None:
    control.ok(lists, "add", "protect", "ip=192.0.2.0/24", "account=ada", "--author", "eve")
    control.ok(entity, "label", "ip=192.0.2.8", "proxy")
    told = control.json(entity, "show", "ip=::ffff:192.0.2.7")
    assert [(one["what"], one["name"], one["author"]) for one in told["set"]] == [
        ("protect", "ip=192.0.2.0/24", "eve")
    ]
    assert [one["name"] for one in control.json(entity, "show", "account=ada")["set"]] == ["account=ada"]
    assert "account=bob: nothing is set" in control.ok(entity, "show", "account=bob")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("label", "ada", "x"), "write an entity and its value"),
        (("label", "acount=ada", "x"), "there is no entity 'acount'"),
        (("label", "everyone=*", "x"), "stands for all events"),
        (("label", "account=ada", " "), "a label is a text of 1 to 256 characters"),
        (("label", "account=ada", "x", "--by", "rule"), "'rule' is not one of"),
        (("label", "account=ada"), "Missing argument"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(control: Control, words: tuple[str, ...], said: str) -> None:
    assert said in control.refused(entity, *words)
    assert control.now() == {}


def test_what_expired_long_ago_is_taken_back_and_nothing_else(control: Control) -> None:
    now_ms = int(time.time() * 1000)
    days = {"long-ago": -8, "lately": -6, "soon": 1}
    labels = [
        EntityLabel(entity="account", value="ada", label=word, expires_ms=now_ms + at * 86_400_000)
        for word, at in days.items()
    ]
    entries = [
        ListEntry(list="vpn_exits", of="ip", value=f"192.0.2.{at + 9}", expires_ms=now_ms + at * 86_400_000)
        for at in days.values()
    ]
    control.set({one.key: msgspec.json.encode(one) for one in (*labels, *entries)})
    control.ok(entity, "label", "account=ada", "for ever")
    assert control.ok(entity, "prune") == "1 taken back\n"
    left = {one["name"] for one in control.json(entity, "show", "account=ada")["set"]}
    assert left == {"lately", "soon", "for ever"}
    assert control.ok(lists, "prune", "--older-than", "5d") == "2 taken back\n"
    assert [key for key in control.now() if key.startswith("list/")] == [entries[2].key]
    assert "--older-than" in control.refused(lists, "prune", "--older-than", "soon")
