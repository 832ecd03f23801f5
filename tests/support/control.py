"""Commands on a control topic of their own: librdkafka's mock broker, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from support.mock_kafka import mock_kafka

from features.errors import WeirError
from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.settings import Settings
from streams.standing import Standing


@dataclass
class Control:
    settings: Settings
    env: dict[str, str] = field(default_factory=dict)

    def run(self, command: click.Command, *words: str, stdin: bytes | None = None) -> Result:
        """As at a terminal; an error that the user can mend is exit code 2 with its text in ``stderr``."""
        env = {"WEIR_KAFKA": self.settings.kafka, **self.env}
        done = CliRunner().invoke(command, list(words), env=env, input=stdin)
        if isinstance(done.exception, WeirError):
            done.exit_code, done.stderr_bytes = 2, str(done.exception).encode()
        elif done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def ok(self, command: click.Command, *words: str, stdin: bytes | None = None) -> str:
        done = self.run(command, *words, stdin=stdin)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, command: click.Command, *words: str) -> Any:
        return json.loads(self.run(command, *words, "--json").stdout)

    def refused(self, command: click.Command, *words: str, stdin: bytes | None = None) -> str:
        done = self.run(command, *words, stdin=stdin)
        assert done.exit_code == 2, done.output
        return done.stderr

    def now(self) -> dict[str, bytes]:
        return read_control(self.settings)

    def set(self, changes: dict[str, bytes | None]) -> None:
        announce(self.settings, changes)

    def standing(self) -> Standing:
        """What a worker that starts now knows."""
        standing = Standing()
        for key, value in self.now().items():
            standing.on_control(key, value)
        return standing


@contextmanager
def control_topic(**env: str) -> Iterator[Control]:
    with mock_kafka() as address:
        Producer({"bootstrap.servers": address}).list_topics("control", timeout=10)
        yield Control(Settings(kafka=address, partitions=1), env)
