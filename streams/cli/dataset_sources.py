"""Where the verdicts of ``weir dataset`` come from, and how far they are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from features.event import LAST_MS, to_rfc3339
from features.kind import Kind
from models.verdict import Verdict, decode
from streams.cli.refusals import Refusals
from streams.elastic import make_client
from streams.explain.elastic import ElasticAway
from streams.files import STDIN, open_input
from streams.offline.dataset.elastic import ElasticVerdicts
from streams.offline.dataset.kafka import KafkaVerdicts
from streams.offline.dataset.rows import Wanted
from streams.settings import Settings


class FileVerdicts:
    """The verdicts of a file; other lines are refused. ``done`` of ``total`` bytes."""

    def __init__(self, path: Path, refusals: Refusals) -> None:
        self._path = path
        self._refusals = refusals
        self.total = path.stat().st_size if path != STDIN else 0
        self.done = 0
        self.unreadable = 0

    def __iter__(self) -> Iterator[Verdict]:
        with open_input(self._path) as opened:
            for number, line in enumerate(opened.stream, start=1):
                self.done = opened.position
                if not line.strip():
                    continue
                try:
                    yield decode(line)
                except (msgspec.MsgspecError, UnicodeError):
                    self._refusals.add("verdict", f"{self._path.name}:{number}: the line is no verdict")


class RecordedVerdicts:
    """What Elasticsearch has of the time before Kafka's log begins, then that log. ``done`` of ``total`` records."""

    def __init__(self, settings: Settings, kind: Kind, wanted: Wanted) -> None:
        self._settings = settings
        self._kind = kind
        self._wanted = wanted
        # An event's time is at most so far after its append.
        self._since_ms = (wanted.from_ms or 0) - settings.max_future_s * 1000
        self._log = KafkaVerdicts(settings, self._since_ms)
        self.total = self._log.total

    @property
    def done(self) -> int:
        return self._log.read

    @property
    def unreadable(self) -> int:
        """Records that are no verdicts; the indexer has reported them."""
        return self._log.unreadable

    def __iter__(self) -> Iterator[Verdict]:
        """Raises ElasticAway where verdicts are only there."""
        if self._log.begin.at_ms > self._since_ms:
            yield from self._older()
        yield from self._log

    def _older(self) -> Iterator[Verdict]:
        begin = self._log.begin
        moment = to_rfc3339(min(begin.at_ms, LAST_MS))
        client = make_client(self._settings)
        count = 0
        try:
            for verdict in ElasticVerdicts(client, self._settings, self._kind, self._wanted, begin.at_ms):
                count += 1
                yield verdict
        except ElasticAway:
            if begin.lost or count:
                raise
            click.echo(
                f"weir dataset: Elasticsearch is away: verdicts from before Kafka's first, of {moment}, are missing, "
                "if there were any",
                err=True,
            )
        finally:
            client.close()
        if count:
            click.echo(f"weir dataset: {count:,} verdicts from before {moment} come from Elasticsearch", err=True)
