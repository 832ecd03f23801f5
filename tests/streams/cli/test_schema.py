"""The published schema and the strict decoder agree on what an event is."""

import json
from typing import Annotated

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker
from support.events import KINDS, record

from features.aggregations import Count
from features.kind import Account, Entity, Fields, Kind, text
from streams.cli.schema import event_schema, events_schema, schema


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_valid_event_of_each_kind_matches_its_schema(name: str) -> None:
    published = event_schema(KINDS[name])
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(json.loads(record(name, "1", ip="2001:db8::1")))


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"type": "login"},
        {"data": {"account": "ada"}},
        {"data": {"account": "ada", "ip": ""}},
        {"data": {"account": "ada", "ip": "no address"}},
        {"data": {"account": "ada", "ip": "192.0.2.1", "form_seconds": "2"}},
    ],
)
def test_what_the_decoder_refuses_does_not_match(change: dict[str, object]) -> None:
    published = Draft202012Validator(event_schema(KINDS["signup"]), format_checker=FormatChecker())
    good = json.loads(record("signup", "1"))
    assert published.is_valid(good)
    assert not published.is_valid({**good, **change})


def test_private_text_and_only_private_text_is_marked() -> None:
    fields = event_schema(KINDS["mail"])["properties"]["data"]["properties"]
    assert {name for name, field in fields.items() if field.get("x-private")} == {"headers", "body"}


def test_the_schema_of_all_kinds_takes_an_event_of_each() -> None:
    published = Draft202012Validator(events_schema(KINDS.values()))
    for name in KINDS:
        published.validate(json.loads(record(name, "1")))


class Device(msgspec.Struct):
    model: str


class Push(Fields):
    account: Account
    device: Device
    note: Annotated[str, text(private=True)] | None = None


def test_a_kind_with_a_nested_struct_has_a_schema_that_stands_alone() -> None:
    kind = Kind(
        name="push",
        fields=Push,
        partition_key="account",
        entities=(Entity("account", "account"),),
        features=(Count("account.pushes", "pushes", windows=("1h",)),),
    )
    event = json.loads(record("login", "1"))
    event |= {"type": "push", "data": {"account": "ada", "device": {"model": "x"}}}
    for published in (event_schema(kind), events_schema([kind])):
        Draft202012Validator(published).validate(event)
        event["data"]["device"] = {}
        assert not Draft202012Validator(published).is_valid(event)
        event["data"]["device"] = {"model": "x"}


def test_the_command_prints_one_kind_or_all_and_refuses_an_unknown_one() -> None:
    assert json.loads(CliRunner().invoke(schema, ["--kind", "login"]).output)["title"] == "login event"
    assert set(json.loads(CliRunner().invoke(schema).output)["$defs"]) >= set(KINDS)
    refused = CliRunner().invoke(schema, ["--kind", "logni"])
    assert refused.exit_code == 2
    assert "login" in refused.output
