"""Made-up events on which a model is checked: ordinary, empty and absurd ones, with labels that can be learned."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.scorers.base import Batch, Scorer, Text

# Counters that ran over, clocks that stood still, and what a hostile producer would send.
ABSURD = (0.0, 1.0, -1.0, 1e-12, 1e15, -1e15, 2.0**53 - 1)
_USUAL = ("minutes", "meeting", "invoice", "thanks", "patch", "tomorrow", "list", "grüße")
_ABUSIVE = ("winner", "click", "free", "claim", "offer", "http://localhost/prize", "viagra", "账户")


@dataclass(frozen=True, slots=True)
class Examples:
    """n events and their labels; ``of(rows)`` is a part of them."""

    batch: Batch
    abuse: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.abuse)

    def of(self, rows: slice) -> Examples:
        batch = self.batch
        scores = {name: column[rows] for name, column in batch.scores.items()}
        return Examples(Batch(batch.names, batch.matrix[rows], batch.texts[rows], scores), self.abuse[rows])

    def one_by_one(self) -> Iterator[Examples]:
        return (self.of(slice(row, row + 1)) for row in range(len(self)))

    def with_values(self, *values: float) -> Examples:
        """The same events with these values, in turn, in place of all their features."""
        rows, columns = self.batch.matrix.shape
        matrix = np.resize(np.array(values), rows * columns).reshape(rows, columns)
        return Examples(Batch(self.batch.names, matrix, self.batch.texts, self.batch.scores), self.abuse)


def examples_for(scorer: Scorer, count: int, seed: int) -> Examples:
    """The same for the same ``seed``; with texts and scores if the scorer reads such."""
    chance = random.Random(seed)
    abuse = tuple(chance.random() < 0.4 for _ in range(count))
    matrix = np.array([_vector(len(scorer.inputs), label, chance) for label in abuse], dtype=np.float64)
    texts = [_text(label, chance) for label in abuse] if scorer.reads_text else []
    # The first of the stacked models never fails, for where all have failed there is no score.
    scores = {
        name: np.array([_score(label, chance, fails=number > 0) for label in abuse])
        for number, name in enumerate(scorer.stacks)
    }
    return Examples(Batch(scorer.inputs, matrix.reshape(count, len(scorer.inputs)), texts, scores), abuse)


def _vector(inputs: int, abuse: bool, chance: random.Random) -> list[float]:
    if chance.random() < 0.02:
        return [0.0] * inputs
    scale = 8.0 if abuse else 4.0
    return [chance.choice(ABSURD) if chance.random() < 0.01 else chance.expovariate(1 / scale) for _ in range(inputs)]


def _text(abuse: bool, chance: random.Random) -> Text | None:
    if chance.random() < 0.05:
        return chance.choice((None, Text("", ""), Text("\x00\xff: broken", "=?utf-8?q?=FF?= <a href=")))
    words = [chance.choice(_ABUSIVE if abuse and chance.random() < 0.5 else _USUAL) for _ in range(30)]
    headers = f"From: {chance.choice(words)}@mail.example\r\nSubject: {' '.join(words[:4])}\r\n"
    return Text(headers, " ".join(words))


def _score(abuse: bool, chance: random.Random, fails: bool) -> float:
    if chance.random() < 0.02:
        return chance.choice((math.nan if fails else 0.5, 0.0, 1.0))
    return 1 / (1 + math.exp(-chance.gauss(2.0 if abuse else -2.0, 2.0)))
