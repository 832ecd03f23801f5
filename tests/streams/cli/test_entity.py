"""``weir entity``: labels that people and programs set, taken back, and shown beside snoozes and protection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.control import Control, control_topic
from support.events import event

from streams.cli.entity import entity
from streams.cli.lists import lists
from streams.standing import NOTHING_ASKED

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
