"""``weir freeze``: set, shown and lifted; never by mistake for more than is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.control import Control, control_topic
from support.events import KINDS, event

from streams.cli.freeze import freeze
from streams.standing import NOTHING_ASKED


@pytest.fixture
def control() -> Iterator[Control]:
    with control_topic() as control:
        yield control


def frozen(control: Control) -> dict[str, str]:
    standing = control.standing()
    facts = {kind: standing.facts(event(kind, "1"), {}, NOTHING_ASKED) for kind in KINDS}
    return {kind: one.freeze for kind, one in facts.items() if one.freeze is not None}


def test_a_kind_is_frozen_shown_and_lifted_the_same_way(control: Control) -> None:
    none = control.run(freeze, "--show")
    assert (none.exit_code, none.stdout) == (1, "nothing is frozen\n")
    said = control.ok(freeze, "--kind", "login", "--action", "review", "--author", "ada", "--reason", "bad day")
    assert said == "login: frozen, at most review; lift it with: weir freeze --kind login --lift\n"
    assert frozen(control) == {"login": "review"}
    told = control.json(freeze, "--show")
    assert told["login"].pop("set_ms") > 0
    assert told == {"login": {"action": "review", "author": "ada", "reason": "bad day"}}
    assert "bad day" in control.ok(freeze, "--show")
    assert control.run(freeze, "--show", "--kind", "mail").exit_code == 1
    control.ok(freeze, "--kind", "login", "--action", "allow")
    assert frozen(control) == {"login": "allow"}
    assert control.ok(freeze, "--kind", "login", "--lift") == "login: lifted\n"
    assert frozen(control) == {}
    assert control.ok(freeze, "--kind", "login", "--lift") == "login: was not frozen\n"


def test_several_kinds_or_every_kind_are_frozen_at_once(control: Control) -> None:
    control.ok(freeze, "--kind", "login", "--kind", "mail", "--action", "allow")
    assert frozen(control) == {"login": "allow", "mail": "allow"}
    control.ok(freeze, "--every-kind", "--action", "review")
    assert frozen(control) == dict.fromkeys(KINDS, "review")
    control.ok(freeze, "--every-kind", "--lift")
    assert control.now() == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "write one of --action allow"),
        (("--action", "review"), "name what is meant"),
        (("--lift",), "name what is meant"),
        (("--kind", "login"), "write one of --action allow"),
        (("--kind", "login", "--action", "review", "--lift"), "write one of --action allow"),
        (("--kind", "login", "--action", "block"), "'block' is not one of"),
        (("--kind", "logins", "--action", "review"), "there is no kind 'logins': there are"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(control: Control, words: tuple[str, ...], said: str) -> None:
    assert said in control.refused(freeze, *words)
    assert control.now() == {}
