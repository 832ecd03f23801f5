"""Which words of a mail mattered is told to whoever asks for it, while Kafka has them, and kept nowhere."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer, TopicPartition
from elasticsearch import Elasticsearch
from support.events import CATALOGUES, KINDS, T0, record
from support.verdicts import verdict

from features.event import decision_id
from models.registry import Manifest, Registry
from models.scorers import Batch, Scorer, Text
from models.scorers.stack import StackScorer
from models.scorers.text import TextScorer
from models.verdict import Score
from streams.cli.main import weir
from streams.kafka import admin_client
from streams.settings import Settings
from streams.sinks import bulk
from streams.sinks.document import Documents
from streams.sinks.template import install
from streams.wire import RecordRef, origin_headers

MAIL = CATALOGUES["mail"]
SECRET = "hexagonal quiet offer"
HINT = "it reads the event's private text: --text shows which of its words mattered"


class Decided(NamedTuple):
    """A decision about a mail that stands in Kafka and in Elasticsearch."""

    settings: Settings
    id: str
    folder: Path


def taught() -> Scorer:
    """It has learned that hexagonal offers are abuse, and lunches are not."""
    scorer = TextScorer(1)
    for body, abuse in (("a hexagonal offer", True), ("a quiet lunch", False)) * 10:
        scorer.learn(Batch.of((), [()], [Text("Subject: hello", body)]), [abuse])
    return scorer


@pytest.fixture
def decided(services: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decided:
    name = f"t{uuid.uuid4().hex[:8]}"
    monkeypatch.chdir(tmp_path)
    for key, value in {
        **services.env, "WEIR_NAMESPACE": name, "WEIR_TOPIC_PREFIX": f"{name}-", "WEIR_REGISTRY": str(tmp_path / "r"),
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert CliRunner().invoke(weir, ["topics", "apply"]).exit_code == 0
    offset = send(settings, record("mail", "m1", T0, body=SECRET, headers="Subject: hello"))
    registry = Registry(tmp_path / "r")
    scorers = {"mail.text": taught(), "mail.stack": StackScorer(("mail.logistic", "mail.text"), 1)}
    versions = {
        model: registry.save(
            Manifest(model=model, kind="mail", schema=MAIL.schema, learned=1, made_ms=1), scorer, b""
        ).version
        for model, scorer in scorers.items()
    }
    scores = (
        Score("mail.stack", versions["mail.stack"], 0.6, "champion"),
        Score("mail.logistic", "untrained", 0.7, "shadow"),
        Score("mail.text", versions["mail.text"], 0.2, "shadow"),
    )
    value = verdict("m1", "mail", scores=scores, fields={}, features=dict.fromkeys(MAIL.names, 1.0))
    where = RecordRef(settings.topic("mail"), "id", 0, offset, T0)
    with Elasticsearch(services.elasticsearch) as client:
        install(client, settings, KINDS)
        bulk.write(client, [Documents(settings.namespace, KINDS).build(value, origin_headers(where), T0)])
        client.indices.refresh(index=f"{name}-*")
    (tmp_path / "verdicts.ndjson").write_bytes(value + b"\n")
    return Decided(settings, decision_id("mail", "test", "m1"), tmp_path)


def send(settings: Settings, value: bytes) -> int:
    found: list[int] = []
    producer = Producer({"bootstrap.servers": settings.kafka})
    producer.produce(
        settings.topic("mail"), value, "k", partition=0, on_delivery=lambda _, message: found.append(message.offset())
    )
    assert producer.flush(30) == 0
    return found[0]


def explained(*words: str) -> Result:
    done = CliRunner().invoke(weir, ["explain", *words])
    assert done.exit_code == 0, done.output
    return done


@pytest.mark.services
def test_the_words_that_mattered_are_shown_to_whoever_asks(decided: Decided) -> None:
    text = explained(decided.id, "--text").stdout
    assert re.search(r'^    "hexagonal": \+0\.\d+$', text, re.MULTILINE)
    assert re.search(r'^    "quiet": -0\.\d+$', text, re.MULTILINE)
    assert "(exact: parts of the log-odds)" in text
    told = json.loads(explained(decided.id, "--text", "--json").stdout)
    by_model = {one["score"]["model"]: one for one in told["scores"]}
    parts = {one["feature"]: one for one in by_model["mail.text"]["parts"]}
    assert (parts["hexagonal"]["adds"] > 0.1, parts["hexagonal"]["value"], parts["hexagonal"]["of"]) == (
        True, None, "text",
    )  # fmt: skip


@pytest.mark.services
def test_without_being_asked_it_shows_none_of_them_and_says_how_to_ask(decided: Decided) -> None:
    for done in (explained(decided.id), explained(decided.id, "--json")):
        assert "hexagonal" not in done.output
        assert HINT in done.output


@pytest.mark.services
def test_a_stacks_parts_are_the_shares_of_its_models(decided: Decided) -> None:
    told = json.loads(explained(decided.id, "--json").stdout)
    stack = told["scores"][0]
    assert {(part["feature"], part["value"], part["of"]) for part in stack["parts"]} == {
        ("mail.text", 0.2, "model"),
        ("mail.logistic", 0.7, "model"),
    }
    assert {part["feature"]: part["adds"] > 0 for part in stack["parts"]} == {
        "mail.text": False,
        "mail.logistic": True,
    }
    assert "mail.logistic = 0.7: +" in explained(decided.id).stdout


@pytest.mark.services
def test_words_that_kafka_has_dropped_are_gone_and_that_is_said(decided: Decided) -> None:
    topic = decided.settings.topic("mail")
    send(decided.settings, record("mail", "m2", T0, body="another"))
    admin = admin_client(decided.settings)
    for future in admin.delete_records([TopicPartition(topic, 0, 1)]).values():
        future.result(30)
    text = explained(decided.id, "--text").stdout
    assert "and Kafka does not retain the event any more, and its text stands nowhere else" in text


@pytest.mark.services
def test_another_event_in_its_place_is_not_shown_as_its_own(decided: Decided) -> None:
    """The topic was made anew since, and its offsets begin again."""
    admin, topic = admin_client(decided.settings), decided.settings.topic("mail")
    for future in admin.delete_topics([topic]).values():
        future.result(30)
    assert CliRunner().invoke(weir, ["topics", "apply"]).exit_code == 0
    send(decided.settings, record("mail", "stranger", T0, body="somebody's words"))
    text = explained(decided.id, "--text").stdout
    assert "somebody" not in text
    assert "does not retain the event" in text


@pytest.mark.services
def test_a_file_of_verdicts_does_not_know_where_the_words_are(decided: Decided) -> None:
    text = explained(decided.id, "--text", "--file", str(decided.folder / "verdicts.ndjson")).stdout
    assert "it is not known where in Kafka the event stands" in text
