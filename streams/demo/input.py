"""What the demo sends: real mails with their labels, and simulated signups and logins with attacks, interleaved."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from features.event import decision_id, open_envelope
from streams.files import InputError
from streams.mail.corpus import read_corpus
from streams.mail.events import MailConverter
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
    """``truth``: by decision id, whether its label says abuse. ``late``: labels that come after the last event.

    ``own``: the decisions about real mails; ``mails`` were read, ``unreadable`` entries held none.
    """

    steps: list[Sending]
    late: tuple[bytes, ...]
    truth: dict[str, bool]
    own: frozenset[str]
    mails: int
    unreadable: int


def demo_input(settings: Settings, mail: Path | None) -> DemoInput:
    """Read the corpus (or the mails at ``mail``) and simulate the rest; raises CorpusError."""
    mails, unreadable = _mails(settings, mail)
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
    late = tuple(label for _, labels in sorted(due.items()) for label in labels)
    real = {record for record, _ in mails}
    own = frozenset(step.decision_id for step in steps if step.record in real)
    return DemoInput(steps, late, truth, own, len(mails), unreadable)


def _mails(settings: Settings, path: Path | None) -> tuple[list[Labelled], int]:
    """The mails as events, and how many entries of the input held none; raises InputError if there is no mail."""
    converter = MailConverter(settings.max_record_bytes, None, int(time.time() * 1000))
    mails: list[Labelled] = []
    unreadable = 0
    for found in read_corpus() if path is None else MailReader([path]):
        if isinstance(found, UnreadableLine):
            unreadable += 1
            continue
        converted = converter.convert(found)
        mails.append((converted.event, converted.label))
    if not mails:
        raise InputError(f"{path} holds no mail: name an mbox, a maildir, .eml files, raw messages or JSON lines")
    return mails, unreadable


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
