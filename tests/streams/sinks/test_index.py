"""The index sink on real Kafka and Elasticsearch."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from elasticsearch import BadRequestError
from structlog.testing import capture_logs
from support.verdicts import T0, headers, verdict

from features.event import decision_id
from features.kinds import load_kinds
from models.facts import Facts
from models.verdict import Reason
from streams import metrics
from streams.sinks import bulk, intake
from streams.sinks.document import Document
from streams.sinks.template import install, mappings

pytestmark = pytest.mark.services

INDEX_DAY = "2026.11.21"


def records(first: int, last: int, **data: Any) -> list[tuple[bytes | None, list[tuple[str, bytes]]]]:
    return [(verdict(f"e-{number}", **data), headers(number)) for number in range(first, last)]


def block(sink: Any, index: str, on: bool) -> None:
    """Refuse writing, as Elasticsearch itself does when a disk is nearly full (but that block it lifts by itself)."""
    sink.elasticsearch.indices.put_settings(index=index, settings={"index.blocks.read_only": True if on else None})


def test_every_verdict_is_one_document_however_often_its_record_is_repeated_and_the_sink_restarted(sink: Any) -> None:
    sink.start()
    sink.publish(records(0, 300) + records(0, 300))
    sink.wait_for_commits(600)
    sink.stop()
    sink.publish(records(100, 500))
    sink.start()
    sink.wait_for_commits(1000)
    assert sink.count() == 500
    assert list(sink.elasticsearch.indices.get(index=sink.pattern)) == [
        f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    ]
    assert sink.dead_letters() == []


def test_of_two_verdicts_with_one_id_the_logs_first_counts(sink: Any) -> None:
    first, second = (verdict("e-1", action=action) for action in ("block", "allow"))
    sink.publish([(first, headers()), (verdict("e-2"), headers()), (second, headers())])
    sink.start()
    sink.wait_for_commits(3)
    assert sink.count() == 2
    assert sink.count(q="action:block") == 1
    assert sink.count(q="action:allow") == 0


def test_a_document_that_elasticsearch_refuses_and_a_record_that_is_no_verdict_become_dead_letters(sink: Any) -> None:
    sink.start()
    refused = verdict("e-secret", time="not-a-time-but-secret")
    sink.publish(
        [*records(0, 50), (refused, headers()), (b"{secret", headers()), (None, headers()), *records(50, 100)]
    )
    sink.wait_for_commits(103)
    assert sink.count() == 100
    letters = sorted(sink.dead_letters(), key=lambda letter: (letter["partition"], letter["offset"]))
    assert [letter["reason"] for letter in letters] == ["document", "verdict", "verdict"]
    assert {letter["topic"] for letter in letters} == {sink.settings.topic("verdicts")}
    assert letters[0]["detail"] == "document_parsing_exception at field @timestamp"
    assert "secret" not in str(letters)


def test_the_fields_of_an_unknown_kind_are_mapped_by_type_and_filterable(sink: Any) -> None:
    fields = {"words": 12, "heat": 0.5, "room": "lobby", "muted": True, "tags": ["a", "b"], "secret": {"a": {"b": 1}}}
    sink.start()
    sink.publish([(verdict("e-1", kind="chat", fields=fields, entities={"room": "lobby"}), headers())])
    sink.wait_for_commits(1)
    for query in (
        "kind:chat",
        "entities.room:lobby",
        "fields.chat.words:[11.5 TO 12.5]",
        "fields.chat.heat:0.5",
        "fields.chat.room:lobby",
        "fields.chat.muted:true",
        "fields.chat.tags:b",
        "fields.chat.secret.a.b:1",
    ):
        assert sink.count(q=query) == 1, query


def test_what_was_looked_up_and_what_the_policy_made_of_it_is_filterable_also_in_an_index_from_before(
    sink: Any,
) -> None:
    before = mappings(load_kinds())
    before["properties"]["facts"].pop("properties")
    before["properties"]["reasons"]["properties"].pop("mode")
    del before["properties"]["policy"], before["properties"]["shadow_rules"]
    sink.elasticsearch.indices.create(index=f"{sink.settings.namespace}-verdicts-{INDEX_DAY}", mappings=before)
    sink.start()
    facts = Facts(
        lists={"vpn_exits": ("ip",)}, labels={"account": ("known good",)}, protect=("account",), snoozed=("r-1",),
        freeze="review", tripped=("overall",), escalation={"challenge": ("d-1", "d-2")},
    )  # fmt: skip
    shadow = Reason("watching", "", {"a": 1}, {"a": 2}, "block", "shadow")
    sink.publish([(verdict("e-1", facts=facts, reasons=(shadow,), policy=("frozen",)), headers())])
    sink.wait_for_commits(1)
    for query in (
        "facts.lists.vpn_exits:ip",
        'facts.labels.account:"known good"',
        "facts.protect:account",
        "facts.snoozed:r-1",
        "facts.freeze:review",
        "facts.tripped:overall",
        "facts.escalation.challenge:d-2",
        "shadow_rules:watching",
        "reasons.mode:shadow",
        "policy:frozen",
    ):
        assert sink.count(q=query) == 1, query
    assert sink.count(q="rule.id:watching") == 0
    assert sink.dead_letters() == []


def test_a_feature_that_appears_later_is_indexed_and_an_integer_first_keeps_fractions_exact(sink: Any) -> None:
    sink.start()
    sink.publish([(verdict("e-1").replace(b'"ip.failures_1h":30.0', b'"ip.failures_1h":30'), headers())])
    sink.wait_for_commits(1)
    exact = 3.3000000000000003
    sink.publish([(verdict("e-2", features={"ip.failures_1h": exact, "ip.new_1h": 2.0, "ip": 1.0}), headers())])
    sink.wait_for_commits(2)
    assert sink.count(q="features.ip.failures_1h:30") == 1
    assert sink.count(q="features.ip.new_1h:2") == 1
    assert sink.count(q=f"features.ip.failures_1h:{exact}") == 1
    assert sink.count(q="features.ip.failures_1h:3.3") == 0
    greatest = sink.elasticsearch.search(
        index=sink.pattern, size=0, aggs={"least": {"min": {"field": "features.ip.failures_1h"}}}
    )
    assert greatest["aggregations"]["least"]["value"] == exact


def test_an_unknown_name_at_the_root_is_refused(sink: Any) -> None:
    sink.start()
    index = f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping_exception"):
        sink.elasticsearch.index(index=index, document={"@timestamp": T0, "surprise": 1})


def test_the_template_reaches_the_index_of_a_day_that_has_begun_and_twice_is_harmless(sink: Any) -> None:
    index = f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    sink.elasticsearch.indices.create(
        index=index,
        mappings={"dynamic": "strict", "properties": {"kind": {"type": "keyword"}, "target": {"type": "long"}}},
    )
    with capture_logs() as logs:
        install(sink.elasticsearch, sink.settings, load_kinds())
        install(sink.elasticsearch, sink.settings, load_kinds())
    properties = sink.elasticsearch.indices.get_mapping(index=index)[index]["mappings"]["properties"]
    assert properties["source"]["properties"]["ip"]["type"] == "ip"
    assert properties["target"]["type"] == "long"
    assert [line["fields"] for line in logs] == [["target"], ["target"]]


def test_an_index_that_refuses_writing_is_waited_for_with_one_line_and_the_group_keeps_its_member(
    sink: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {"max.poll.interval.ms": 6000, "session.timeout.ms": 6000}
    config = intake.consumer_config
    monkeypatch.setattr(intake, "consumer_config", lambda settings, group: {**config(settings, group), **short})
    sink.start()
    sink.publish(records(0, 10))
    sink.wait_for_commits(10)
    index = f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    retries = metrics.INDEX_RETRIES._value.get()
    with capture_logs() as logs:
        block(sink, index, on=True)
        sink.publish(records(10, 200))
        time.sleep(9)
        assert sink.committed() == 10
        block(sink, index, on=False)
        sink.publish(records(200, 300))
        sink.wait_for_commits(300)
        time.sleep(0.5)
    assert sink.count() == 300
    assert sink.dead_letters() == []
    assert metrics.INDEX_RETRIES._value.get() > retries
    assert [line["event"] for line in logs] == ["indexing_waits", "indexing_recovered"]
    assert "cluster_block_exception" in logs[0]["reason"]


def test_a_sink_that_is_told_to_stop_while_it_waits_stops_and_the_next_one_indexes(sink: Any) -> None:
    sink.start()
    sink.publish(records(0, 10))
    sink.wait_for_commits(10)
    index = f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    block(sink, index, on=True)
    sink.publish(records(10, 20))
    time.sleep(2)
    sink.stop(within_s=10)
    assert sink.committed() == 10
    block(sink, index, on=False)
    sink.start()
    sink.wait_for_commits(20)
    assert sink.count() == 20


def test_an_elasticsearch_that_went_away_and_came_back_without_the_template_gets_every_verdict_once(
    sink: Any, services: Any
) -> None:
    sink.start()
    sink.publish(records(0, 10))
    sink.wait_for_commits(10)
    sink.elasticsearch.indices.delete_index_template(name=f"{sink.settings.namespace}-verdicts")
    with capture_logs() as logs:
        services.stack.down("elasticsearch")
        sink.publish([(value, headers(append_ms=T0 + 86_400_000)) for value, _ in records(10, 100)])
        time.sleep(2)
        services.stack.up("elasticsearch")
        sink.wait_for_commits(100)
    assert sink.count() == 100
    assert [line["event"] for line in logs if line["event"].startswith("indexing")][:1] == ["indexing_waits"]
    index = f"{sink.settings.namespace}-verdicts-2026.11.22"
    mapping = sink.elasticsearch.indices.get_mapping(index=index)[index]["mappings"]
    assert mapping["dynamic"] == "strict"


def test_documents_larger_than_a_request_may_be_go_in_several_requests(sink: Any) -> None:
    install(sink.elasticsearch, sink.settings, load_kinds())
    index = f"{sink.settings.namespace}-verdicts-{INDEX_DAY}"
    body = msgspec.json.encode({"@timestamp": T0, "facts": {"text": "x" * 2000}})
    documents = [Document(index, decision_id("login", "test", str(number)), body) for number in range(10)]
    outcome = bulk.write(sink.elasticsearch, documents, most_bytes=5000)
    assert outcome.reached
    assert all(answer.created for answer in outcome.answers)
    again = bulk.write(sink.elasticsearch, documents, most_bytes=5000)
    assert all(answer.repeated for answer in again.answers)
