"""The demo on real services: start everything, send, watch, and read the result back from Elasticsearch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import scan

from features.kinds import load_kinds
from streams.clients.producer import EventProducer
from streams.demo.input import DemoInput
from streams.demo.processes import DemoError, Processes
from streams.demo.stats import Stats
from streams.demo.summary import Row, Summary
from streams.demo.tail import Tail
from streams.demo.view import View
from streams.elastic import make_client
from streams.kafka import admin_client
from streams.settings import Settings
from streams.topics import apply_topics, plan_topics

RATE = 500
_STILL_S = 90.0
Say = Callable[[str], None]


def run_live(settings: Settings, env: Mapping[str, str], source: DemoInput, logs: Path, say: Say) -> Summary:
    """Run the demo's input through worker, learner and indexer; raises DemoError."""
    apply_topics(admin_client(settings), plan_topics(settings, load_kinds(settings.kinds_folders)))
    say("starting worker, learner and indexer")
    client = make_client(settings)
    stats = Stats()
    with Processes(env, logs) as processes:
        tail = Tail(settings, stats)
        tail.start()
        sender = _Sender(settings, source, stats)
        sender.start()
        try:
            with View(stats.snapshot) as view:
                _watch(source, stats, processes, sender, view, client, settings)
        finally:
            sender.stop()
            tail.stop()
    summary = Summary(source.truth, source.own)
    summary.add(_rows(client, settings))
    client.close()
    return summary


class _Sender(threading.Thread):
    """Sends events and labels at the demo's rate."""

    def __init__(self, settings: Settings, source: DemoInput, stats: Stats) -> None:
        super().__init__(name="sender", daemon=True)
        self._settings = settings
        self._source = source
        self._stats = stats
        self._stopped = threading.Event()
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - told to the demo's main thread, which ends with it
            self.failure = error

    def _send(self) -> None:
        started_s = time.monotonic()
        with EventProducer.of(self._settings) as producer:
            for number, step in enumerate(self._source.steps):
                if self._stopped.is_set():
                    return
                producer.send(step.record)
                self._stats.sent()
                for label in step.labels:
                    producer.send_label(label)
                ahead_s = number / RATE - (time.monotonic() - started_s)
                if ahead_s > 0.01:
                    time.sleep(ahead_s)
            for label in self._source.late:
                producer.send_label(label)

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)


def _watch(
    source: DemoInput,
    stats: Stats,
    processes: Processes,
    sender: _Sender,
    view: View,
    client: Elasticsearch,
    settings: Settings,
) -> None:
    """Until every event is in the index; DemoError if a process ends or nothing moves for a while."""
    expected = len(source.steps)
    indexed, moved_s, measured_s = 0, time.monotonic(), 0.0
    while indexed < expected or sender.is_alive():
        if sender.failure is not None:
            raise DemoError(f"sending failed: {sender.failure}")
        processes.check()
        if time.monotonic() - measured_s > 1.0:
            measured_s = time.monotonic()
            now = _count(client, settings)
            if now is not None and now != indexed:
                indexed, moved_s = now, time.monotonic()
            stats.indexed(indexed)
            _measure(stats, processes)
        if not sender.is_alive() and time.monotonic() - moved_s > _STILL_S:
            raise DemoError(
                f"{indexed} of {expected} events are in the index, and none was added for {_STILL_S:.0f} s"
            )
        view.tick()
        time.sleep(0.1)


def _measure(stats: Stats, processes: Processes) -> None:
    samples = processes.metrics("learner")
    aucs = {name: value for (metric, name), value in samples.items() if metric == "weir_model_rolling_auc"}
    for (metric, name), value in samples.items():
        if metric == "weir_learned_total":
            stats.model(name, int(value), aucs.get(name))


def _count(client: Elasticsearch, settings: Settings) -> int | None:
    """How many documents there are; None while the index is being made."""
    index = _index(settings)
    try:
        client.indices.refresh(index=index, ignore_unavailable=True)
        return int(client.count(index=index, ignore_unavailable=True)["count"])
    except (ApiError, TransportError):
        return None


def _rows(client: Elasticsearch, settings: Settings) -> Iterator[Row]:
    client.indices.refresh(index=_index(settings))
    wanted = ["kind", "action", "score", "reasons"]
    for hit in scan(client, index=_index(settings), query={"_source": wanted}, size=2000):
        document = hit["_source"]
        reasons = document.get("reasons") or []
        yield Row(hit["_id"], document["kind"], document["action"], document.get("score"), reasons)


def _index(settings: Settings) -> str:
    return f"{settings.namespace}-verdicts-*"
