"""The AsyncAPI document is valid by AsyncAPI's own schema, and what Weir writes and reads is what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator, FormatChecker
from support.events import CATALOGUES, KINDS, T0, record

from features.errors import InvalidEvent
from features.kinds import load_kinds
from models.drift.alarm import Alarm, Moved
from models.registry import Manifest
from models.verdict import VerdictData
from streams.asyncapi import asyncapi
from streams.bundles.folders import shipped_bundles
from streams.bundles.wire import Current, Shipment, encode_bundle, encode_current
from streams.champions import Champion, Promotion, encode_history
from streams.cli.replay import replay
from streams.cli.schema import schema
from streams.enforcement.record import Corrected, Enforced, Position, encode_enforcement
from streams.forgotten import Forgetting
from streams.learning.drifting import WatchRecord
from streams.revert.record import Revert
from streams.settings import Settings
from streams.topics import OWN, plan_topics
from streams.wire import LabelData, RecordRef, encode_dead_letter, encode_label, origin_headers

ROOT = Path(__file__).parents[3]
# From the npm package @asyncapi/specs 6.11.1, schemas/3.0.0.json, made smaller; Apache-2.0,
# Copyright 2016-2025 AsyncAPI Initiative: github.com/asyncapi/spec-json-schemas.
OFFICIAL = json.loads((Path(__file__).parent / "asyncapi-3.0.0.json").read_text())
DOCUMENT = asyncapi(Settings(), KINDS)
WHERE = RecordRef("login", "topic-id", 3, 7, T0)
LABEL = LabelData(
    event_id="7", event_source="auth", kind="login", label="abuse", by="analyst", labeller="ada", note="seen"
)
MANIFEST = Manifest(model="login.logistic", kind="login", version="", state="", schema="", learned=1, made_ms=T0)


def errors(document: Any) -> list[str]:
    return [
        error.message for error in Draft7Validator(OFFICIAL, format_checker=FormatChecker()).iter_errors(document)
    ]


def payload(message: str, record: bytes) -> list[str]:
    """What AsyncAPI's dialect of JSON Schema has against a record."""
    place = {"$ref": f"#/components/messages/{message}/payload"}
    root = {**place, "components": DOCUMENT["components"]}
    return [error.message for error in Draft7Validator(root).iter_errors(json.loads(record))]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_command_prints_a_document_that_asyncapis_own_schema_takes() -> None:
    printed = CliRunner().invoke(schema, ["--asyncapi"])
    assert printed.exit_code == 0
    assert errors(json.loads(printed.output)) == []
    assert json.loads(printed.output)["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(
    "change",
    [
        {"asyncapi": "2.6.0"},
        {"channels": {"login": {"adress": "login"}}},
        {"operations": {"x": {"action": "publish"}}},
    ],
)
def test_asyncapis_own_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    assert errors({**DOCUMENT, **change}) != []


def test_every_reference_leads_somewhere_and_operations_name_messages_of_their_channel() -> None:
    found = list(references(DOCUMENT))
    assert all(resolve(reference) for reference in found)
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_every_topic_is_a_channel_with_the_settings_it_is_created_with() -> None:
    settings = Settings(topic_prefix="eu.", partitions=7, retention_hours=2, kafka="a:9092, b:9093")
    document = asyncapi(settings, KINDS)
    channels = document["channels"]
    assert list(channels) == [*sorted(KINDS), *OWN]
    assert [channel["address"] for channel in channels.values()] == [p.name for p in plan_topics(settings, KINDS)]
    login = channels["login"]["bindings"]["kafka"]
    assert (login["topic"], login["partitions"]) == ("eu.login", 7)
    assert login["topicConfiguration"]["retention.ms"] == 2 * 3_600_000
    assert channels["control"]["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == ["compact"]
    assert [server["host"] for server in document["servers"].values()] == ["a:9092", "b:9093"]
    assert errors(document) == []


def test_weir_reads_events_and_labels_and_writes_verdicts_and_dead_letters() -> None:
    actions: dict[str, set[str]] = {}
    for operation in DOCUMENT["operations"].values():
        actions.setdefault(operation["channel"]["$ref"].rpartition("/")[2], set()).add(operation["action"])
    assert actions == {
        **{name: {"receive"} for name in (*KINDS, "labels")},
        "dead-letters": {"send"},
        "verdicts": {"send", "receive"},
        "control": {"send", "receive"},
        "enforcements": {"send"},
    }


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_event_of_each_kind_matches_and_a_damaged_one_does_not(name: str) -> None:
    good = json.loads(record(name, "1", ip="2001:db8::1"))
    assert payload(f"event.{name}", json.dumps(good).encode()) == []
    assert payload(f"event.{name}", json.dumps({**good, "data": {}}).encode()) != []
    key = DOCUMENT["components"]["messages"][f"event.{name}"]["bindings"]["kafka"]["key"]
    assert KINDS[name].partition_key in key["description"]


def test_what_weir_writes_matches_its_message() -> None:
    letter = encode_dead_letter(WHERE, InvalidEvent("field", "not an IP address - at `$.data.ip`"))
    assert payload("dead-letter", letter) == []
    assert payload("dead-letter", letter.replace(b'"field"', b'"whim"')) != []
    label = encode_label("l1", "desk", T0, LABEL)
    assert payload("label", label) == []
    assert payload("label", label.replace(b'"abuse"', b'"bad"')) != []
    assert payload("checkpoint", msgspec.json.encode(MANIFEST)) == []
    promotion = Promotion(champion=Champion("login.b", "0" * 32), replaced=Champion("login.a"), at_ms=T0, by="ada")
    assert payload("champions", encode_history((promotion,))) == []
    moved = Moved("ip.accounts_1h", 1.5, 9.0, 2.5)
    about = {"moved": (moved,), "more": 0, "words": "it rose", "since_ms": T0, "at_ms": T0, "until_ms": T0 + 1}
    alarm = Alarm(kind="login", what="data", model=None, **about)  # type: ignore[arg-type]
    assert payload("drift", msgspec.json.encode(WatchRecord((alarm,)))) == []
    assert payload("forgotten", msgspec.json.encode(Forgetting(T0))) == []
    bundle = shipped_bundles({"login": CATALOGUES["login"]}, [])["login"]
    assert payload("bundle", encode_bundle(bundle)) == []
    shipment = Shipment(hash=bundle.hash, at_ms=T0, by="ada", note="", replaced=bundle.hash)
    assert payload("current", encode_current(Current(hash=bundle.hash, history=(shipment,)))) == []
    revert = Revert(rule="bad", kind="login", from_ms=T0, to_ms=T0 + 1, author="ada", note="oh", at_ms=T0)
    assert payload("revert", msgspec.json.encode(revert)) == []
    enforced = Enforced("0" * 32, "login", "block", T0, correction="1" * 32)
    assert payload("enforcement", encode_enforcement((enforced,))) == []
    assert payload("enforcement", encode_enforcement((enforced,)).replace(b'"block"', b'"shrug"')) != []
    assert payload("position", msgspec.json.encode(Position(7, T0))) == []
    assert payload("corrected", msgspec.json.encode(Corrected(("1" * 32,), T0))) == []
    headers = DOCUMENT["components"]["messages"]["verdict"]["headers"]
    written = {name: value.decode() for name, value in origin_headers(WHERE)}
    assert [error.message for error in Draft7Validator(headers).iter_errors(written)] == []
    assert headers["required"] == list(written)


def test_the_verdicts_of_a_replay_match_their_message(tmp_path: Path) -> None:
    events, verdicts = tmp_path / "events.ndjson", tmp_path / "verdicts.ndjson"
    events.write_bytes(b"\n".join(record(name, "1", ip="192.0.2.1") for name in sorted(KINDS)))
    replayed = CliRunner().invoke(replay, ["--events", str(events), "--out", str(verdicts)])
    assert replayed.exit_code == 0, replayed.output
    lines = verdicts.read_bytes().splitlines()
    assert [payload("verdict", line) for line in lines] == [[]] * len(KINDS)
    assert payload("verdict", lines[0].replace(b'"action":"allow"', b'"action":"shrug"')) != []


def test_private_text_is_named_in_words_and_marked_in_the_payload() -> None:
    message = DOCUMENT["components"]["messages"]["event.mail"]
    assert "headers, body" in message["description"]
    fields = DOCUMENT["components"]["schemas"]["event.mail"]["properties"]["data"]["properties"]
    assert {name for name, field in fields.items() if field.get("x-private")} == {"headers", "body"}


def test_everything_in_a_verdict_is_described_in_words() -> None:
    data = DOCUMENT["components"]["schemas"]["verdict"]["properties"]["data"]["properties"]
    assert list(data) == list(VerdictData.__struct_fields__)
    assert all(field["description"] for field in data.values())


def test_a_kind_in_a_folder_of_ones_own_appears_by_itself() -> None:
    kinds = load_kinds([ROOT / "examples" / "kinds"])
    document = asyncapi(Settings(), kinds)
    assert errors(document) == []
    assert document["channels"]["transfer"]["description"].startswith("transfer: money leaves a wallet")
    assert document["operations"]["decide.transfer"]["action"] == "receive"
    assert "note" in document["components"]["messages"]["event.transfer"]["description"]


def test_the_same_settings_and_kinds_give_the_same_bytes_in_any_order_of_loading() -> None:
    shuffled = dict(reversed(KINDS.items()))
    assert json.dumps(asyncapi(Settings(), shuffled)) == json.dumps(DOCUMENT)


def test_one_kind_and_all_topics_exclude_each_other() -> None:
    refused = CliRunner().invoke(schema, ["--asyncapi", "--kind", "login"])
    assert refused.exit_code == 2
    assert "--kind" in refused.output
