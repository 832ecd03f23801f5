"""What the demo sends: real mails with their labels, and simulated signups and logins with attacks, interleaved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from features.event import decision_id, open_envelope
from streams.mail.corpus import read_corpus
from streams.mail.events import MailConverter, RawMail
from streams.mail.jsonlines import UnreadableLine
from streams.mail.mailboxes import MailReader
from streams.settings import Settings
from streams.simulator.run import LABEL, PERIOD_MS, simulate
from streams.wire import decode_label

SIMULATED = 10_000
# A label is sent so many events after its own: late enough to have met its decision, early enough to teach.
_LABEL_LAG = 400


# An event's record, and its label's if it gets one.
Labelled = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Sending:
    """One step: an event's record, and the labels whose time has come."""

    record: bytes
    decision_id: str
    labels: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class DemoInput:
    """``truth``: by decision id, whether its label says abuse. ``late``: labels that come after the last event."""

    steps: list[Sending]
    late: tuple[bytes, ...]
    truth: dict[str, bool]


def demo_input(settings: Settings, mail: Path | None) -> DemoInput:
    """Read the corpus (or the mails at ``mail``) and simulate the rest; raises CorpusError."""
    mails = _mails(settings, mail)
    simulated = _simulated()
    merged = _merge(mails, simulated)
    due: dict[int, list[bytes]] = {}
    truth: dict[str, bool] = {}
    ids = []
    for position, (record, label) in enumerate(merged):
        envelope = open_envelope(record, settings.max_record_bytes)
        ids.append(decision_id(envelope.type, envelope.source, envelope.id))
        if label is not None:
            due.setdefault(position + _LABEL_LAG, []).append(label)
            truth[ids[-1]] = decode_label(label, settings.max_record_bytes).data.label == "abuse"
    steps = [
        Sending(record, ids[position], tuple(due.pop(position, ()))) for position, (record, _) in enumerate(merged)
    ]
    return DemoInput(steps, tuple(label for _, labels in sorted(due.items()) for label in labels), truth)


def _mails(settings: Settings, path: Path | None) -> list[Labelled]:
    converter = MailConverter(settings.max_record_bytes, None, int(time.time() * 1000))
    return [
        (converted.event, converted.label)
        for raw in (read_corpus() if path is None else _own(path))
        for converted in [converter.convert(raw)]
    ]


def _own(path: Path) -> Iterator[RawMail]:
    for found in MailReader([path]):
        if not isinstance(found, UnreadableLine):
            yield found


def _simulated() -> list[Labelled]:
    """A made-up week that ends now, each event with its label if it gets one."""
    events: list[bytes] = []
    labels: dict[str, bytes] = {}
    for made in simulate(SIMULATED, seed=1, start_ms=int(time.time() * 1000) - PERIOD_MS):
        if made.kind == LABEL:
            labels[decode_label(made.record, 1 << 20).decision_id] = made.record
        else:
            events.append(made.record)
    result = []
    for record in events:
        envelope = open_envelope(record, 1 << 20)
        result.append((record, labels.get(decision_id(envelope.type, envelope.source, envelope.id))))
    return result


def _merge(one: list[Labelled], other: list[Labelled]) -> list[Labelled]:
    """Both evenly mixed, each in its own order."""
    placed = [
        ((i + 0.5) / len(items), n, item) for n, items in enumerate((one, other)) for i, item in enumerate(items)
    ]
    placed.sort(key=lambda entry: entry[:2])
    return [item for _, _, item in placed]
