"""Verdicts and labels as they come in from a pipeline, made quickly: what a learner reads, without a worker."""

from __future__ import annotations

import random
from typing import Any

from support.events import CATALOGUES, record
from support.pipeline import Pipeline
from support.verdicts import verdict

from features.event import to_rfc3339
from models.verdict import Score
from streams.kafka import admin_client, topic_ids
from streams.wire import LabelData, RecordRef, encode_label, origin_headers

SOURCE = "test"
_WORDS = ("invoice", "meeting", "winner", "prize", "lunch", "transfer", "urgent", "minutes", "garden", "account")


class Lessons:
    """Sends decisions with labels: late and early, repeated, contradicting and withdrawn ones. ``partitions``: of the
    verdicts.
    """

    def __init__(self, pipeline: Pipeline, now_ms: int, partitions: int = 4) -> None:
        self._pipeline = pipeline
        self._producer = pipeline.producer()
        self._rng = random.Random(11)
        self._now_ms = now_ms
        self._partitions = partitions
        topic = pipeline.topic("mail")
        self._mail_id = topic_ids(admin_client(pipeline.settings), [topic])[topic]
        self._sent: list[tuple[str, str, bool]] = []
        self._labels = 0

    def decision(self, kind: str, time_ms: int | None = None, shift: float = 0.0) -> tuple[str, str, bool]:
        """A new decision of that kind; its kind, event id and truth. ``shift``: how far all features have moved."""
        rng, number = self._rng, len(self._sent)
        abuse = rng.random() < 0.4
        name = f"{kind[0]}{number}"
        partition, offset = 0, number
        if kind == "mail":
            offset = self._send_mail(name, abuse)
        features = {one: round(rng.gauss(1.0 + abuse + shift, 1.0), 3) for one in CATALOGUES[kind].names}
        likely = min(0.99, max(0.01, rng.gauss(0.3 + 0.3 * abuse, 0.2)))
        roles = {f"{kind}.logistic": likely, f"{kind}.halfspace": rng.random()}
        if kind == "mail":
            roles |= {"mail.text": min(0.99, max(0.01, likely + rng.gauss(0, 0.1))), "mail.stack": likely}
        champion = "mail.stack" if kind == "mail" else f"{kind}.logistic"
        scores = tuple(
            Score(model, "v1", score, "champion" if model == champion else "shadow") for model, score in roles.items()
        )
        if time_ms is None:
            time_ms = self._now_ms + number
        value = verdict(name, kind, features=features, scores=scores, score=likely, time=to_rfc3339(time_ms))
        topic_id = self._mail_id if kind == "mail" else f"id-of-{kind}"
        where = RecordRef(self._pipeline.topic(kind), topic_id, partition, offset, time_ms)
        self._producer.produce(
            self._pipeline.topic("verdicts"),
            value,
            name,
            partition=number % self._partitions,
            headers=origin_headers(where),
        )
        self._sent.append((kind, name, abuse))
        return kind, name, abuse

    def _send_mail(self, name: str, abuse: bool) -> int:
        words = self._rng.choices(_WORDS[2:7] if abuse else _WORDS, k=8)
        found: list[int] = []
        self._producer.produce(
            self._pipeline.topic("mail"),
            record("mail", name, self._now_ms, body=" ".join(words), headers="Subject: " + words[0]),
            "k",
            partition=0,
            on_delivery=lambda error, message: found.append(message.offset()),
        )
        self.flush()
        return found[0]

    def label(self, kind: str, name: str, value: str, by: Any = "analyst", time_ms: int | None = None) -> None:
        self._labels += 1
        data = LabelData(event_id=name, event_source=SOURCE, kind=kind, label=value, by=by, labeller=f"{by}-1")
        record_id = f"label-{self._labels}"
        if time_ms is None:
            time_ms = self._now_ms + len(self._sent)
        self._producer.produce(
            self._pipeline.topic("labels"), encode_label(record_id, SOURCE, time_ms, data), record_id
        )

    def step(self) -> None:
        """A decision or two, and some labels."""
        rng = self._rng
        kind = rng.choices(("login", "signup", "mail"), (6, 2, 2))[0]
        if rng.random() < 0.1:
            # The label is there before its decision.
            upcoming = f"{kind[0]}{len(self._sent)}"
            self.label(kind, upcoming, rng.choice(("abuse", "legit")), "honeypot")
            self.flush()
        self.decision(kind)
        self.flush()
        for _ in range(rng.randrange(3)):
            kind, name, abuse = self._sent[-1 - min(len(self._sent) - 1, int(rng.expovariate(0.05)))]
            value = "abuse" if abuse else "legit"
            if rng.random() < 0.15:
                value = rng.choice(("abuse", "legit", "withdrawn"))
            self.label(kind, name, value, rng.choice(("user", "analyst", "rule")))

    def flush(self) -> None:
        assert self._producer.flush(30) == 0

    def last(self) -> None:
        """A last labelled decision of each kind, behind all others."""
        for kind in CATALOGUES:
            _, name, abuse = self.decision(kind)
            self.flush()
            self.label(kind, name, "abuse" if abuse else "legit")
        self.flush()

    @property
    def labels(self) -> int:
        return self._labels
