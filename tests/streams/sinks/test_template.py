"""The index template, without a server."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from support.verdicts import headers, verdict

from features.errors import KindError
from features.kind import Account, Entity, Fields, Ip, Kind, number, text
from features.kinds import load_kinds
from models.verdict import Reason, Score
from streams.settings import Settings
from streams.sinks.document import Documents
from streams.sinks.ecs import ecs_paths
from streams.sinks.template import compare, index_template, mappings

KINDS = load_kinds()


def property_of(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    node = mapping
    for part in name.split("."):
        node = node["properties"][part]
    return node


def kind(fields: type[Fields], name: str = "chat") -> Kind:
    return Kind(name, fields, "account", (Entity("account", "account"),), ())


def test_the_root_is_strict_and_only_what_varies_is_open() -> None:
    mapping = mappings(KINDS)
    assert mapping["dynamic"] == "strict"
    opened = {name for name, node in mapping["properties"].items() if node.get("dynamic") is True}
    assert opened == {"entities", "features", "facts", "fields"}


def test_ecs_names_of_all_kinds_are_typed_at_the_root() -> None:
    mapping = mappings(KINDS)
    assert property_of(mapping, "source.ip")["type"] == "ip"
    assert property_of(mapping, "user.id")["type"] == "keyword"
    assert property_of(mapping, "source.as.number")["type"] == "long"
    assert property_of(mapping, "email.subject")["fields"]["text"]["type"] == "text"
    for each in KINDS.values():
        for path in ecs_paths(each).values():
            point = path[:-1] if path[-1] in ("lat", "lon") else path
            assert property_of(mapping, ".".join(point))["type"]


def test_what_stands_in_lists_of_a_verdict_is_mapped_field_by_field() -> None:
    mapping = mappings(KINDS)
    assert set(property_of(mapping, "scores")["properties"]) == set(Score.__struct_fields__)
    assert set(property_of(mapping, "reasons")["properties"]) == set(Reason.__struct_fields__)


def test_the_template_follows_the_settings() -> None:
    body = index_template(Settings(namespace="blue", index_shards=3, index_replicas=2), KINDS)
    assert body["index_patterns"] == ["blue-verdicts-*"]
    assert body["template"]["settings"]["index.number_of_shards"] == 3
    assert body["template"]["settings"]["index.number_of_replicas"] == 2


def test_a_new_kind_needs_nothing_but_its_file() -> None:
    class Chat(Fields):
        account: Account
        ip: Ip | None = None
        length: Annotated[int, number(ecs="event.size")] | None = None
        heat: Annotated[float, number(ecs="event.severity_share")] | None = None
        tags: Annotated[list[Annotated[str, text()]], msgspec.Meta(extra={"ecs": "labels.names"})] | None = None
        words: Annotated[str, text(ecs="message", private=True)] | None = None

    mapping = mappings({**KINDS, "chat": kind(Chat)})
    assert property_of(mapping, "event.size")["type"] == "long"
    assert property_of(mapping, "event.severity_share")["type"] == "double"
    assert property_of(mapping, "labels.names")["type"] == "keyword"
    assert "message" not in mapping["properties"]


def test_latitude_and_longitude_of_a_location_are_one_point() -> None:
    class Visit(Fields):
        account: Account
        latitude: Annotated[float, number(ecs="source.geo.location.lat")] | None = None
        longitude: Annotated[float, number(ecs="source.geo.location.lon")] | None = None

    kinds = {"visit": kind(Visit, "visit")}
    assert property_of(mappings(kinds), "source.geo.location")["type"] == "geo_point"
    record = verdict("e-1", kind="visit", fields={"latitude": 48.2, "longitude": 16.3})
    document = msgspec.json.decode(Documents("weir", kinds).build(record, headers(), 0).body)
    assert document["source"] == {"geo": {"location": {"lat": 48.2, "lon": 16.3}}}
    assert document["fields"] == {"visit": {}}


@pytest.mark.parametrize("name", ["event.id", "@timestamp", "features.x", "user", "source.ip.version", "source.ip"])
def test_an_ecs_name_that_is_taken_or_typed_otherwise_is_refused(name: str) -> None:
    odd = msgspec.defstruct(
        "Odd", [("account", Account), ("odd", Annotated[str, text(ecs=name)] | None, None)], bases=(Fields,)
    )
    with pytest.raises(KindError, match=rf"kind odd: field odd: .*'{name}'"):
        mappings({**KINDS, "odd": kind(odd, "odd")})


def test_two_fields_under_one_ecs_name_are_refused() -> None:
    class Twice(Fields):
        account: Account
        other: Account | None = None

    with pytest.raises(KindError, match=r"two fields have the ecs name 'user\.id'"):
        mappings({"twice": kind(Twice, "twice")})


def test_an_existing_index_gets_only_what_it_lacks_and_says_what_it_has_otherwise() -> None:
    wanted = mappings(KINDS)["properties"]
    present = msgspec.json.decode(msgspec.json.encode(wanted))
    assert compare(present, wanted) == ({}, [])
    del present["source"]["properties"]["as"]
    present["source"]["properties"]["ip"] = {"type": "keyword"}
    missing, differing = compare(present, wanted)
    assert missing == {"source": {"properties": {"as": wanted["source"]["properties"]["as"]}}}
    assert differing == ["source.ip"]
