"""What models are trained on is what they are served: a replay of the log gives the features of the live verdicts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.events import CATALOGUES
from support.hostile import garbage, odd_but_valid
from support.pipeline import Pipeline, Process, wait_until
from support.traffic import traffic

LOGINS = 20_000


@pytest.mark.services
def test_twenty_thousand_live_vectors_equal_those_of_a_replay_in_the_order_of_the_log(
    services: Any, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000)
    # One topic after the other, for kinds read each other: their order is then given. A second worker goes on with
    # the second half of the logins.
    logins = with_odd_ones(traffic(2, LOGINS, now_ms, ("login",)), now_ms)
    phases = [
        ("signup", traffic(1, 1_500, now_ms, ("signup",))),
        ("login", logins[: LOGINS // 2]),
        ("login", logins[LOGINS // 2 :]),
        ("mail", traffic(3, 1_500, now_ms, ("mail",))),
        ("signup", traffic(4, 500, now_ms, ("signup",))),
    ]
    with Pipeline(services, tmp_path, partitions=1, batch_size=300) as pipeline:
        for workers_phases in (phases[:2], phases[2:]):
            worker = pipeline.start("worker")
            sent = 0
            for kind, records in workers_phases:
                sent += len(records)
                produce(pipeline, kind, records)
                wait_until(lambda: met(worker) >= sent, 150, f"all of {sent} records met")  # noqa: B023
            assert worker.terminate() == 0
        live = verdicts_by_id(pipeline.json("verdicts"))
        letters = len(pipeline.json("dead-letters"))

        events, out = tmp_path / "events.ndjson", tmp_path / "verdicts.ndjson"
        events.write_bytes(b"".join(record + b"\n" for _, records in phases for record in records))
        done = pipeline.weir("replay", "--events", str(events), "--out", str(out), check=False)
        assert done.returncode == 1, done.stderr[-3000:]
        assert f"refused {letters}: " in done.stderr
        replayed = verdicts_by_id([msgspec.json.decode(line) for line in out.read_bytes().splitlines()])

    assert live.keys() == replayed.keys()
    assert sum(one["event"]["kind"] == "login" for one in live.values()) > 0.97 * LOGINS
    for name, told in live.items():
        again = replayed[name]
        catalogue = CATALOGUES[told["event"]["kind"]]
        assert tuple(told["features"]) == tuple(again["features"]) == catalogue.names
        differ = {n: (v, again["features"][n]) for n, v in told["features"].items() if v != again["features"][n]}
        assert not differ, f"{told['event']}: live and replayed: {differ}"
        assert told["entities"] == again["entities"]
        assert told["schema"] == again["schema"] == catalogue.schema
        assert ("late" in told["degraded"]) == ("late" in again["degraded"])
        assert "reread" not in told["degraded"]
    # They are not equal for being empty.
    varied = {(n, v) for one in live.values() for n, v in one["features"].items()}
    for kind, catalogue in CATALOGUES.items():
        constant = {n for n in catalogue.names if sum(name == n for name, _ in varied) < 2}
        assert len(constant) < len(catalogue.names) / 5, (kind, constant)


def with_odd_ones(records: list[bytes], now_ms: int) -> list[bytes]:
    """Garbage and strange events in between; not what claims to come from the future, which is none in a replay."""
    strange = [value for kind, value, reason in garbage(1, 300, now_ms) if reason != "future" and kind == "login"]
    strange += [value for kind, value in odd_but_valid(now_ms) if kind == "login"]
    gap = len(records) // len(strange)
    for i, value in enumerate(value for value in strange if value and b"\n" not in value):
        records.insert(i * gap, value)
    return records


def produce(pipeline: Pipeline, kind: str, records: list[bytes]) -> None:
    producer = pipeline.producer()
    for record in records:
        producer.produce(pipeline.topic(kind), record, "key")
        producer.poll(0)
        if len(producer) > 50_000:
            producer.flush(10)
    assert producer.flush(60) == 0


def met(worker: Process) -> int:
    """Records that are published, refused, or dropped as repetitions."""
    assert worker.popen.poll() is None, worker.log()[-3000:]
    _, text = worker.get("/metrics")
    names = ("weir_verdicts_total", "weir_dead_letters_total", "weir_duplicates_total")
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(names)))


def verdicts_by_id(verdicts: list[Mapping[str, Any]]) -> dict[str, Any]:
    by_id = {verdict["id"]: verdict["data"] for verdict in verdicts}
    assert len(by_id) == len(verdicts)
    return by_id
