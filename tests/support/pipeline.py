"""Weir's own processes for end-to-end tests: started, killed and waited for, each test with names of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import scan

from streams.settings import Settings


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.2)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One ``weir`` process; its log goes to a file."""

    def __init__(self, command: str, env: Mapping[str, str], folder: Path) -> None:
        self.command = command
        self.port = free_port()
        self._log = folder / f"{command}-{uuid.uuid4().hex[:6]}.log"
        with self._log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "streams", command],
                env={**os.environ, **env, f"WEIR_{command.upper()}_PORT": str(self.port)},
                stdout=log,
                stderr=log,
                cwd=folder,
                start_new_session=True,
            )

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def metric(self, line_start: str) -> float:
        _, text = self.get("/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(line_start))

    def wait_ready(self, seconds: float = 60) -> None:
        def ready() -> bool:
            assert self.popen.poll() is None, f"{self.command} ended: {self.log()[-3000:]}"
            return self.get("/ready")[0] == 200

        wait_until(ready, seconds, f"{self.command} is ready: {self.log()[-2000:]}")

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def terminate(self, seconds: float = 30) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(timeout=seconds)


class Pipeline:
    """Settings with unique names, the processes that a test starts, and a look at what came out."""

    def __init__(self, services: Any, folder: Path, **settings: Any) -> None:
        name = uuid.uuid4().hex[:8]
        self.folder = folder
        self.env = {
            **services.env,
            "WEIR_TOPIC_PREFIX": f"t{name}-",
            "WEIR_NAMESPACE": f"t{name}",
            "WEIR_REGISTRY": str(folder / "registry"),
            **{f"WEIR_{key.upper()}": str(value) for key, value in settings.items()},
        }
        values = {key.removeprefix("WEIR_").lower(): value for key, value in self.env.items()}
        self.settings = Settings(**{k: v for k, v in values.items() if k in Settings.model_fields})
        self._started: list[Process] = []
        self.elastic = Elasticsearch(services.elasticsearch)
        self.weir("topics", "apply")

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            if process.popen.poll() is None:
                process.kill()
        self.elastic.close()

    def weir(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "streams", *words],
            env={**os.environ, **self.env},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    def start(self, command: str, *, ready: bool = True) -> Process:
        process = Process(command, self.env, self.folder)
        self._started.append(process)
        if ready:
            process.wait_ready()
        return process

    def producer(self) -> Producer:
        return Producer({"bootstrap.servers": self.settings.kafka, "linger.ms": 5, "acks": "all"})

    def topic(self, name: str) -> str:
        return self.settings.topic(name)

    def records(self, name: str) -> Iterator[Any]:
        """All messages that a topic holds now, partition by partition."""
        config = {"bootstrap.servers": self.settings.kafka, "group.id": "test", "enable.auto.commit": False}
        consumer = Consumer(config | {"enable.partition.eof": True, "isolation.level": "read_committed"})
        topic = self.topic(name)
        try:
            for number in consumer.list_topics(topic, timeout=30).topics[topic].partitions:
                consumer.assign([TopicPartition(topic, number, 0)])
                while True:
                    message = consumer.poll(10)
                    assert message is not None
                    error = message.error()
                    if error is not None:
                        assert error.code() == KafkaError._PARTITION_EOF
                        break
                    yield message
        finally:
            consumer.close()

    def json(self, name: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(message.value()) for message in self.records(name)]

    def documents(self) -> list[dict[str, Any]]:
        """Every verdict document, with its ``_id``."""
        index = f"{self.settings.namespace}-verdicts-*"
        self.elastic.indices.refresh(index=index)
        return list(scan(self.elastic, index=index, query={"query": {"match_all": {}}}, size=5000))

    def count(self) -> int:
        index = f"{self.settings.namespace}-verdicts-*"
        try:
            self.elastic.indices.refresh(index=index, ignore_unavailable=True)
            return int(self.elastic.count(index=index, ignore_unavailable=True)["count"])
        except ApiError as error:
            # The index is just being made.
            if error.status_code != 503:
                raise
            return 0
