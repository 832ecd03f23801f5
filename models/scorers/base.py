"""What every scorer is: a model that turns what is known of an event into a score, and learns from examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

Vector = NDArray[np.float64]


class Text(NamedTuple):
    """An event's private text: it is read by scorers, and never recorded, logged or shown in an error."""

    headers: str
    body: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What scorers may read of n events, in order.

    ``names``: d features; ``matrix``: their values, shape (n, d), float64. ``texts``: n private texts, None where
    there is none; empty if nobody asked for them. ``scores``: by model, its n scores of these events, for scorers
    that stack others; NaN where it has none.
    """

    names: tuple[str, ...]
    matrix: Vector
    texts: Sequence[Text | None] = ()
    scores: Mapping[str, Vector] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        rows: Sequence[Sequence[float]],
        texts: Sequence[Text | None] = (),
        scores: Mapping[str, Vector] | None = None,
    ) -> Batch:
        """``rows``: n vectors in the order of ``names``."""
        matrix = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
        return cls(names, matrix, texts, scores or {})

    def __len__(self) -> int:
        return len(self.matrix)

    def select(self, inputs: tuple[str, ...]) -> Batch:
        """The same events with these features, in this order; raises ModelError if one is not there."""
        if inputs == self.names:
            return self
        at = {name: column for column, name in enumerate(self.names)}
        missing = [name for name in inputs if name not in at]
        if missing:
            raise ModelError(f"the model reads {missing[0]!r}, which is no feature of these events")
        return Batch(inputs, self.matrix[:, [at[name] for name in inputs]], self.texts, self.scores)


@dataclass(frozen=True, slots=True)
class Contributions:
    """``parts``: what each input adds to the score, by name, the largest first; positive ones raise the score.

    ``how``: what the numbers are, in words: "exact: parts of the log-odds", or which approximation.
    """

    parts: tuple[tuple[str, float], ...]
    how: str

    @classmethod
    def of(cls, parts: Iterable[tuple[str, float]], how: str) -> Contributions:
        """``parts`` in any order."""
        return cls(tuple(sorted(parts, key=lambda part: -abs(part[1]))), how)


class Scorer(ABC):
    """Scores lie in [0, 1]; high means abuse (of an anomaly model: unusual). Pickled whole, and learns on exactly.

    ``inputs``: the features that it reads, fixed when it is made: batches that it gets have exactly these names.
    ``learns_from``: ``labels``, from labelled decisions; ``verdicts``, from every decision, without a label.
    ``balanced``: while it learns, both classes shall weigh alike; False: examples count as they come.
    ``reads_text``: it reads ``Batch.texts``. ``stacks``: the models whose scores it reads in ``Batch.scores``.
    """

    learns_from: Literal["labels", "verdicts"] = "labels"
    reads_text: ClassVar[bool] = False
    balanced: ClassVar[bool] = True
    stacks: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @abstractmethod
    def score_many(self, batch: Batch) -> Sequence[float]:
        """One score an event, floats or a float64 array; never changes the model. A batch gives the same scores, bit
        for bit, as its events one by one."""

    @abstractmethod
    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        """Learn n examples in order: the same as one after the other. ``abuse`` is None for ``verdicts``.

        ``weights``: how much each example counts, 1 where it is None.
        """

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether it has learned enough for its score to count."""

    @property
    @abstractmethod
    def learned(self) -> int:
        """How many examples it has learned."""

    def contributions(self, batch: Batch) -> list[Contributions] | None:
        """What each event's score is made of; None: this kind of model cannot tell."""
        return None
