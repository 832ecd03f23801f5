"""``weir label``: one label by hand, about a decision that is looked up, or an event that need not be."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from support.control import Control
from support.events import KINDS
from support.mock_kafka import mock_kafka, read_topic
from support.pipeline import Pipeline
from support.verdicts import T0, headers, verdict

from features.event import decision_id, to_rfc3339
from models.verdict import decode
from streams.cli.label import label
from streams.settings import Settings
from streams.sinks import bulk
from streams.sinks.document import Documents
from streams.sinks.template import install
from streams.wire import Label, decode_label

AWAY = {"WEIR_ELASTICSEARCH": "http://127.0.0.1:1"}
INDEXED, LOGGED = (decode(verdict(name)).id for name in ("indexed", "logged"))


@pytest.fixture
def kafka() -> Iterator[Control]:
    with mock_kafka() as address:
        yield Control(Settings(kafka=address), AWAY)


def sent(kafka: Control, count: int = 1) -> list[Label]:
    found = read_topic(kafka.settings.kafka, "labels", max(1, count), within_s=30 if count else 1)
    assert len(found) == count
    labels = [decode_label(message.value(), 10_000) for message in found]
    assert [message.key().decode() for message in found] == [one.decision_id for one in labels]
    return labels


def test_an_event_that_is_named_whole_is_labelled_without_looking_it_up(kafka: Control) -> None:
    words = ("e-1", "--kind", "login", "--source", "auth/eu-1", "--labeller", "ada", "--note", "called her")
    said = kafka.ok(label, *words, "--legit")
    (one,) = sent(kafka)
    told = (one.data.kind, one.data.event_source, one.data.event_id, one.data.label, one.data.by, one.data.labeller)
    assert told == ("login", "auth/eu-1", "e-1", "legit", "analyst", "ada")
    assert (one.data.note, one.data.event_time) == ("called her", None)
    assert abs(one.time_ms - time.time() * 1000) < 60_000
    assert f"login event e-1 of auth/eu-1 (decision {decision_id('login', 'auth/eu-1', 'e-1')})" in said
    assert "sent: legit, by analyst ada (called her)" in said
    assert "learn it as legit (0)." in said
    assert "was not looked up" in said


@pytest.mark.parametrize(
    ("words", "value", "meaning"),
    [
        (("--abuse",), "abuse", "learn it as abuse (1)."),
        (("--abuse", "--by", "user"), "abuse", "as abuse (1), unless an analyst said otherwise."),
        (("--legit", "--by", "rule"), "legit", "as legit (0), unless an analyst or a user said otherwise."),
        (("--withdraw",), "withdrawn", "What anybody said about it before is taken back"),
        (("--withdraw", "--by", "user"), "withdrawn", "What users and automatic sources said"),
        (("--withdraw", "--by", "honeypot"), "withdrawn", "What automatic sources said"),
    ],
)
def test_it_says_what_models_make_of_each_word(
    kafka: Control, words: tuple[str, ...], value: str, meaning: str
) -> None:
    said = kafka.ok(label, "e-1", "--kind", "login", "--source", "s", *words)
    (one,) = sent(kafka)
    assert one.data.label == value
    assert one.data.by == (words[2] if len(words) > 1 else "analyst")
    assert meaning in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say one of --abuse, --legit and --withdraw"),
        (("--abuse", "--legit"), "say one of"),
        (("--abuse", "--kind", "parcel"), "there is no kind 'parcel'"),
        (("--abuse", "--labeller", ""), "--labeller: write 1 to 1024 characters"),
        (("--abuse", "--kind", "login", "--source", "x" * 1025), "--source: write 1 to 1024"),
        (("--abuse", "--kind", "login", "--source", "x", "--note", "n" * 200_000), "oversized"),
        (("--abuse", "--by", "oracle"), "oracle"),
    ],
)
def test_what_the_user_can_mend_is_one_message_and_sends_nothing(
    kafka: Control, words: tuple[str, ...], message: str
) -> None:
    assert message in kafka.refused(label, "e-1", *words)
    sent(kafka, 0)


def test_a_kafka_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.cli.kafka.await_kafka.__defaults__", (0.5,))
    away = Control(Settings(kafka="127.0.0.1:1"), AWAY)
    assert "is WEIR_KAFKA right?" in away.refused(label, "e", "--abuse", "--kind", "login", "--source", "s")


@pytest.fixture(scope="module")
def pipeline(services: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One verdict in Elasticsearch, others only in the log: two of one event id, a correction, and no verdict."""
    with Pipeline(services, tmp_path_factory.mktemp("label")) as pipeline:
        install(pipeline.elastic, pipeline.settings, KINDS)
        document = Documents(pipeline.settings.namespace, KINDS).build(verdict("indexed"), headers(), T0)
        assert bulk.write(pipeline.elastic, [document]).answers[0].created
        pipeline.count()
        correction = msgspec.structs.replace(decode(verdict("logged", corrects=LOGGED)), id="c" * 32)
        producer = pipeline.producer()
        records = [b"{logged", verdict("logged"), verdict("twice"), verdict("twice", "mail")]
        for number, record in enumerate([*records, msgspec.json.encode(correction)]):
            producer.produce(pipeline.topic("verdicts"), record, str(number))
        producer.flush()
        yield pipeline


def run(pipeline: Pipeline, *words: str, **env: str) -> Result:
    return CliRunner().invoke(label, list(words), env={**pipeline.env, **env})


def labels(pipeline: Pipeline) -> list[Label]:
    return [decode_label(message.value(), 10_000) for message in pipeline.records("labels")]


@pytest.mark.services
@pytest.mark.parametrize("elastic", ["there", "away"])
@pytest.mark.parametrize(("wanted", "event_id"), [(LOGGED, "logged"), ("c" * 32, "logged"), ("logged", "logged")])
def test_a_decision_that_is_not_indexed_is_found_in_the_log(
    pipeline: Pipeline, elastic: str, wanted: str, event_id: str
) -> None:
    env = AWAY if elastic == "away" else {}
    done = run(pipeline, wanted, "--abuse", "--labeller", name := uuid.uuid4().hex, **env)
    assert done.exit_code == 0, done.output
    assert ("looking in Kafka" in done.stderr) == (elastic == "away")
    (one,) = (one for one in labels(pipeline) if one.data.labeller == name)
    assert one.decision_id == LOGGED
    assert (one.data.event_id, one.data.event_time) == (event_id, to_rfc3339(T0))
    assert (
        f"It was decided at {to_rfc3339(T0)}: challenge\n    login.logistic (champion, warming) said 0" in done.stdout
    )


@pytest.mark.services
def test_a_decision_is_found_in_elasticsearch(pipeline: Pipeline, tmp_path: Path) -> None:
    for wanted in (INDEXED, "indexed"):
        done = run(pipeline, wanted, "--withdraw", "--labeller", name := uuid.uuid4().hex)
        assert done.exit_code == 0, done.output
        (one,) = (one for one in labels(pipeline) if one.data.labeller == name)
        assert (one.decision_id, one.data.label) == (INDEXED, "withdrawn")


@pytest.mark.services
def test_an_id_of_nothing_or_of_several_is_said_and_nothing_is_sent(pipeline: Pipeline) -> None:
    before = len(labels(pipeline))
    nothing = run(pipeline, "f" * 32, "--abuse")
    assert nothing.exit_code == 1
    assert "what Elasticsearch and Kafka hold has no verdict of this id" in nothing.stderr
    several = run(pipeline, "twice", "--abuse")
    assert several.exit_code == 1
    assert "--kind login --source test" in several.stderr
    assert "--kind mail --source test" in several.stderr
    assert len(labels(pipeline)) == before
    assert run(pipeline, "twice", "--abuse", "--kind", "mail").exit_code == 0
