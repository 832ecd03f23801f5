"""``weir dataset``: what verdicts record, to the last bit, beside what was found out, in one file or none."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from support.events import CATALOGUES, KINDS, T0, record
from support.pipeline import Pipeline
from support.verdicts import headers, verdict

from features.errors import WeirError
from features.event import decision_id, to_rfc3339
from models.verdict import Score, decode
from streams.cli.dataset import dataset
from streams.cli.main import weir
from streams.offline.dataset import rows as dataset_rows
from streams.sinks import bulk
from streams.sinks.document import Documents
from streams.sinks.template import install
from streams.wire import LabelBy, LabelData, LabelValue, encode_label

HOUR_MS = 3_600_000
LOGIN = CATALOGUES["login"]


def label(
    event_id: str, value: LabelValue, by: LabelBy, at_ms: int, labeller: str = "x", kind: str = "login"
) -> bytes:
    data = LabelData(event_id=event_id, event_source="test", kind=kind, label=value, by=by, labeller=labeller)
    return encode_label(f"{event_id}-{at_ms}", "desk", at_ms, data)


def run(*words: object, **env: str) -> Result:
    nowhere = {"WEIR_KAFKA": "127.0.0.1:1", "WEIR_ELASTICSEARCH": "http://127.0.0.1:1"}
    return CliRunner().invoke(dataset, [str(word) for word in words], env=nowhere | env)


def lines(path: Path, *records: bytes) -> Path:
    path.write_bytes(b"\n".join(records) + b"\n")
    return path


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Verdicts as weir replay writes them: of two kinds, with every model and features of all sorts."""
    folder = tmp_path_factory.mktemp("replayed")
    events = lines(
        folder / "events.ndjson",
        *(
            record(kind, f"{kind}-{n}", T0 + n * 977, account=f"a{n % 3}", ip=f"192.0.2.{n % 7}", success=n % 4 > 0)
            if kind == "login"
            else record(kind, f"{kind}-{n}", T0 + n * 977)
            for n in range(60)
            for kind in ("login", "signup")
        ),
    )
    done = CliRunner().invoke(weir, ["replay", "--events", str(events), "--out", str(folder / "verdicts.ndjson")])
    assert done.exit_code == 0, done.output
    return folder / "verdicts.ndjson"


def test_every_value_is_the_verdicts_own(replayed: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    labels = lines(tmp_path / "labels.ndjson", label("login-3", "abuse", "user", T0 + HOUR_MS))
    done = run("--kind", "login", "--verdicts", replayed, "--labels", labels, "--out", out)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out).to_pylist()
    verdicts = [one for one in map(decode, replayed.read_bytes().splitlines()) if one.data.event.kind == "login"]
    assert len(rows) == len(verdicts) == 60
    for row, one in zip(rows, verdicts, strict=True):
        data = one.data
        assert (row["decision_id"], row["event_id"], row["source"]) == (one.id, data.event.id, data.event.source)
        assert row["time"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == one.time
        assert (row["schema"], row["action"], row["score"]) == (data.schema, data.action, data.score)
        assert {name: row[name].hex() for name in data.features} == {
            name: float(value).hex() for name, value in data.features.items()
        }
        assert {score.model: row[f"score.{score.model}"] for score in data.scores} == {
            score.model: score.score for score in data.scores
        }
        told = (row["label"], row["by"], row["labels"])
        assert told == (("abuse", "user", 1) if data.event.id == "login-3" else (None, None, 0))
    assert rows[3]["label_time"].timestamp() * 1000 == T0 + HOUR_MS
    expected = ["decision_id", "event_id", "source", "time", "schema", "action", "score", *LOGIN.names]
    expected += sorted(name for name in rows[0] if name.startswith("score."))
    assert list(rows[0]) == [*expected, "label", "by", "label_time", "labels"]
    schema = pq.read_schema(out)
    assert {schema.field(name).type for name in LOGIN.names} == {pa.float64()}
    assert schema.field("time").type == pa.timestamp("ms", "UTC")
    assert "60 rows of login: 1 abuse, 0 legit, 59 without a label" in done.stderr


def test_the_file_says_what_its_columns_mean(replayed: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    assert run("--kind", "login", "--verdicts", replayed, "--out", out).exit_code == 0
    schema = pq.read_schema(out)
    notes = json.loads(schema.metadata[b"weir"])
    assert (notes["kind"], notes["rows"], notes["schemas"]) == ("login", 60, {LOGIN.schema: 60})
    assert notes["definitions_of"] == LOGIN.schema
    told = {one["name"]: (one["column"], one["sentence"], one["unit"]) for one in notes["features"]}
    assert told == {info.name: (info.name, info.sentence, info.unit) for info in LOGIN.infos}
    idle = schema.field("account.idle_s").metadata
    assert idle[b"sentence"] == b"seconds since this account's last login; its horizon if none is known"


def test_the_same_input_gives_the_same_bytes(replayed: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    for out in (one, other):
        assert run("--kind", "login", "--verdicts", replayed, "--out", out).exit_code == 0
    assert one.read_bytes() == other.read_bytes()


def test_personal_data_comes_only_when_asked_for_and_private_text_never(tmp_path: Path) -> None:
    fields = {"account": "ada", "success": True, "asn": 7, "latitude": 48, "country": 5, "gone": ["x"]}
    verdicts = lines(tmp_path / "v.ndjson", verdict("1", fields=fields), verdict("2", fields={"success": "yes"}))
    out = tmp_path / "set.parquet"
    assert run("--kind", "login", "--verdicts", verdicts, "--out", out).exit_code == 0
    assert not [name for name in pq.read_schema(out).names if name.startswith(("entity.", "field."))]
    assert b"ada" not in out.read_bytes()

    done = run("--kind", "login", "--verdicts", verdicts, "--out", out, "--fields")
    one, two = pq.read_table(out).to_pylist()
    assert (one["entity.account"], one["entity.ip"]) == ("ada", "192.0.2.1")
    told = [one[f"field.{name}"] for name in ("account", "success", "asn", "latitude", "country", "gone")]
    assert told == ["ada", True, 7, 48.0, "5", '["x"]']
    assert (two["field.account"], two["field.success"]) == (None, None)
    assert "1 values of fields are null" in done.stderr

    mail = lines(
        tmp_path / "m.ndjson", verdict("1", "mail", fields={"account": "ada", "body": "dear", "headers": "h"})
    )
    assert run("--kind", "mail", "--verdicts", mail, "--out", out, "--fields").exit_code == 0
    assert "field.account" in pq.read_schema(out).names
    assert not {"field.body", "field.headers"} & set(pq.read_schema(out).names)
    assert b"dear" not in out.read_bytes()


def test_repetitions_corrections_and_other_times_are_left_out(tmp_path: Path) -> None:
    correction = verdict("1", corrects=decision_id("login", "test", "1"), action="allow")
    verdicts = lines(
        tmp_path / "v.ndjson",
        verdict("1"),
        verdict("2", action="allow"),
        verdict("1", action="allow"),
        correction,
        verdict("early", time=to_rfc3339(T0 - 1)),
        verdict("late", time=to_rfc3339(T0 + 1)),
        verdict("1", "signup"),
    )
    out = tmp_path / "set.parquet"
    span = ("--from", to_rfc3339(T0), "--to", to_rfc3339(T0 + 1))
    done = run("--kind", "login", "--verdicts", verdicts, "--out", out, *span)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out).to_pylist()
    assert [(row["event_id"], row["action"]) for row in rows] == [("1", "challenge"), ("2", "allow")]
    assert "left out: 1 met a second time, 1 corrections" in done.stderr
    assert len(pq.read_table(out, columns=["label"])) == 2


def test_of_several_labels_the_strongest_stands_and_withdrawn_ones_are_none(tmp_path: Path) -> None:
    verdicts = lines(tmp_path / "v.ndjson", *(verdict(name) for name in ("a", "b", "c", "d")))
    labels = lines(
        tmp_path / "l.ndjson",
        label("a", "abuse", "rule", 1),
        label("a", "legit", "analyst", 3),
        label("a", "abuse", "user", 2),
        label("b", "abuse", "user", 1),
        label("b", "withdrawn", "analyst", 2),
        label("c", "legit", "user", 1, "one"),
        label("c", "legit", "user", 1, "one"),
        label("c", "legit", "user", 2, "two"),
        label("elsewhere", "abuse", "user", 1),
        label("d", "abuse", "user", 1, kind="signup"),
    )
    out = tmp_path / "set.parquet"
    done = run("--kind", "login", "--verdicts", verdicts, "--labels", labels, "--out", out)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out).to_pylist()
    told = [(row["label"], row["by"], row["labels"], row["label_time"]) for row in rows]
    assert [one[:3] for one in told] == [
        ("legit", "analyst", 3),
        (None, None, 2),
        ("legit", "user", 2),
        (None, None, 0),
    ]
    assert told[0][3].timestamp() == 0.003
    assert "labelled decisions: 4, 1 of them not among the rows, 1 withdrawn" in done.stderr


def test_schemas_that_differ_make_a_union_with_nulls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_rows, "BATCH", 2)
    old = {"features": {"succeeded": 1, "gone.count": 0.1}, "schema": "old", "scores": (), "score": None}
    new = {"features": {"succeeded": 0, "score": 2.5, "score.x": 3}, "schema": "new"}
    scores = {"scores": (Score("login.logistic", "3", 0.25, "champion"), Score("login.mine", "1", 1e-300, "shadow"))}
    made = [verdict(str(n), **(old if n in (0, 3, 4) else new | scores)) for n in range(5)]
    out = tmp_path / "set.parquet"
    done = run("--kind", "login", "--verdicts", lines(tmp_path / "v.ndjson", *made), "--out", out)
    assert done.exit_code == 0, done.output
    table = pq.read_table(out)
    assert table.column("succeeded").to_pylist() == [1, 0, 0, 1, 1]
    assert table.column("gone.count").to_pylist() == [0.1, None, None, 0.1, 0.1]
    assert table.column("feature.score").to_pylist() == [None, 2.5, 2.5, None, None]
    assert table.column("feature.score.x").to_pylist() == [None, 3, 3, None, None]
    assert table.column("score.login.mine").to_pylist() == [None, 1e-300, 1e-300, None, None]
    assert table.column("score").to_pylist() == [None, 0.83, 0.83, None, None]
    assert pq.ParquetFile(out).num_row_groups == 3
    assert json.loads(pq.read_schema(out).metadata[b"weir"])["schemas"] == {"new": 2, "old": 3}
    assert "2 feature schemas" in done.stderr


def test_no_row_at_all_still_is_a_table_with_the_columns_of_today(tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    assert run("--kind", "login", "--verdicts", lines(tmp_path / "v.ndjson"), "--out", out).exit_code == 0
    table = pq.read_table(out)
    assert (len(table), set(LOGIN.names) <= set(table.column_names)) == (0, True)


def test_lines_that_are_something_else_are_refused_and_the_rest_is_written(tmp_path: Path) -> None:
    verdicts = lines(tmp_path / "v.ndjson", verdict("1"), b'{"secret":1}', b"\xff", b"", verdict("2"))
    labels = lines(tmp_path / "l.ndjson", b"{secret", label("1", "abuse", "user", 1))
    out = tmp_path / "set.parquet"
    done = run("--kind", "login", "--verdicts", verdicts, "--labels", labels, "--out", out)
    assert done.exit_code == 1
    assert "refused (verdict) v.ndjson:2: the line is no verdict" in done.stderr
    assert "refused (json) l.ndjson:1" in done.stderr
    assert "secret" not in done.stderr
    assert pq.read_table(out).column("label").to_pylist() == ["abuse", None]


def test_what_breaks_leaves_no_file_and_the_old_one_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    packed = tmp_path / "v.ndjson.gz"
    packed.write_bytes(b"\x1f\x8b broken")
    for before in (None, b"old"):
        if before is not None:
            out.write_bytes(before)
        done = run("--kind", "login", "--verdicts", packed, "--out", out)
        assert isinstance(done.exception, WeirError)
        assert (out.read_bytes() if out.exists() else None) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.parquet", "v.ndjson.gz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--kind", "parcel", "--from", "2h"), "there is no kind 'parcel'"),
        (("--kind", "login"), "say since when: --from TIME, or name a file: --verdicts FILE"),
        (("--kind", "login", "--from", "2026-01-02", "--to", "2026-01-01"), "--to is not after --from"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = run(*words, "--out", tmp_path / "set.parquet")
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pyarrow" else find(name, *rest)
    )
    done = run("--kind", "login", "--from", "2h", "--out", tmp_path / "set.parquet")
    assert "the extra weir[notebooks]" in str(done.exception)


@pytest.fixture(scope="module")
def pipeline(services: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Ten verdicts in the log, of which the first six are also indexed; Kafka has lost the first four."""
    with Pipeline(services, tmp_path_factory.mktemp("dataset"), partitions=1) as pipeline:
        producer, topic = pipeline.producer(), pipeline.topic("verdicts")
        made = [verdict(f"e{n}", features={"succeeded": n / 7, "ip.failures_1h": n}, score=n / 9) for n in range(10)]
        for one in made:
            producer.produce(topic, one, "key", headers=headers())
        producer.produce(pipeline.topic("labels"), label("e1", "abuse", "user", T0 + 1))
        producer.produce(pipeline.topic("labels"), label("e8", "legit", "user", T0 + 1))
        producer.flush()
        install(pipeline.elastic, pipeline.settings, KINDS)
        documents = Documents(pipeline.settings.namespace, KINDS)
        indexed = [documents.build(one, headers(n), T0) for n, one in enumerate(made[:6])]
        assert all(answer.created for answer in bulk.write(pipeline.elastic, indexed).answers)
        pipeline.count()
        admin = AdminClient({"bootstrap.servers": pipeline.settings.kafka})
        for future in admin.delete_records([TopicPartition(topic, 0, 4)]).values():
            assert future.result(30).low_watermark == 4
        yield pipeline


SPAN = ("--from", to_rfc3339(T0 - HOUR_MS), "--to", to_rfc3339(T0 + HOUR_MS))


@pytest.mark.services
def test_older_verdicts_come_from_elasticsearch_and_none_twice(pipeline: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "set.parquet"
    done = run("--kind", "login", *SPAN, "--out", out, **pipeline.env)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out).to_pylist()
    assert [row["event_id"] for row in rows] == [f"e{n}" for n in range(10)]
    assert [row["succeeded"] for row in rows] == [n / 7 for n in range(10)]
    assert [row["score"] for row in rows] == [n / 9 for n in range(10)]
    assert {row["event_id"]: row["label"] for row in rows if row["label"]} == {"e1": "abuse", "e8": "legit"}
    assert "6 verdicts from before" in done.stderr
    assert "left out: 2 met a second time" in done.stderr

    away = {**pipeline.env, "WEIR_ELASTICSEARCH": "http://127.0.0.1:1"}
    done = run("--kind", "login", *SPAN, "--out", tmp_path / "other.parquet", **away)
    assert done.exit_code == 2
    assert "Kafka holds only a part of that time" in done.stderr
    assert not (tmp_path / "other.parquet").exists()


@pytest.mark.services
def test_a_whole_log_needs_no_elasticsearch(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path, elasticsearch="http://127.0.0.1:1") as pipeline:
        producer = pipeline.producer()
        for n in range(3):
            producer.produce(pipeline.topic("verdicts"), verdict(f"e{n}"), str(n))
        producer.produce(pipeline.topic("verdicts"), b"{no verdict", "x")
        producer.flush()
        done = run("--kind", "login", *SPAN, "--out", tmp_path / "set.parquet", **pipeline.env)
        assert done.exit_code == 0, done.output
        assert len(pq.read_table(tmp_path / "set.parquet")) == 3
        assert "Elasticsearch is away: verdicts from before Kafka's first" in done.stderr
        assert "1 records that are no verdicts" in done.stderr
