"""What commands and workers write of live state is what the AsyncAPI document says of the control topic."""

from __future__ import annotations

import json
import re

import msgspec
from jsonschema import Draft7Validator
from support.events import KINDS, T0

from streams.asyncapi import asyncapi
from streams.settings import Settings
from streams.standing import Standing
from streams.standing.records import (
    BudgetReset,
    EntityLabel,
    Freeze,
    ListDeclared,
    ListEntry,
    Snooze,
    freeze_key,
    list_key,
    reset_key,
)

DOCUMENT = asyncapi(Settings(), KINDS)
SIGNED = {"author": "ada", "reason": "ticket 7", "set_ms": T0}
ENTRY = ListEntry(list="vpn_exits", of="ip", value="192.0.2.0/24", expires_ms=T0, **SIGNED)
LABEL = EntityLabel(entity="account", value="ada", label="known good", **SIGNED)
SNOOZE = Snooze(rule="login-brute-force", entity="account", value="ada", expires_ms=T0)
RECORDS = {
    "list": (list_key("vpn_exits"), msgspec.json.encode(ListDeclared(of="ip", **SIGNED))),
    "list-entry": (ENTRY.key, msgspec.json.encode(ENTRY)),
    "entity-label": (LABEL.key, msgspec.json.encode(LABEL)),
    "snooze": (SNOOZE.key, msgspec.json.encode(SNOOZE)),
    "freeze": (freeze_key("login"), msgspec.json.encode(Freeze(action="review"))),
    "budget-reset": (reset_key("login", "overall"), msgspec.json.encode(BudgetReset(reset_ms=T0))),
    "tripped": Standing().trip_record("login", "login-brute-force", T0),
}


def test_every_record_of_live_state_matches_its_message_and_no_other_key_does() -> None:
    carried = DOCUMENT["channels"]["control"]["messages"]
    keys = {}
    for name, (_, value) in RECORDS.items():
        message = DOCUMENT["components"]["messages"][carried[name]["$ref"].rpartition("/")[2]]
        schema = {**message["payload"], "components": DOCUMENT["components"]}
        assert list(Draft7Validator(schema).iter_errors(json.loads(value))) == []
        assert list(Draft7Validator(schema).iter_errors({"of": "colour", "action": "block"})) != []
        keys[name] = re.compile(message["bindings"]["kafka"]["key"]["pattern"])
    for name, (key, _) in RECORDS.items():
        assert [other for other, pattern in keys.items() if pattern.search(key)] == [name]
