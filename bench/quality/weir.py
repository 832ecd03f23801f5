"""Weir's own mail models, taught as its learner teaches them: class balance, ranks of labellers and their caps."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Mapping

import numpy as np

from features.catalogue import catalogues
from features.kinds import load_kinds
from features.reference import load_reference
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore
from models.learning.decisions import Decision
from models.learning.labellers import Labellers
from models.learning.labels import GivenLabel
from models.learning.learner import ModelLearner
from models.scorers.base import Batch, Scorer, Vector
from models.scorers.logistic import Logistic
from models.scorers.stack import StackScorer
from models.scorers.text import TextScorer
from quality.mails import Corpus
from quality.protocol import Contestant, Lesson
from streams.settings import load_settings

TEXT, LOGISTIC, STACK = "mail.text", "mail.logistic", "mail.stack"
_PLACE = "T:0"
Features = tuple[tuple[str, ...], Vector]
NO_FEATURES: Features = ((), np.empty((0, 0)))
# How soon a model counts has no part in its scores.
_MIN_LABELS = 1
_MAKE: Mapping[str, Callable[[tuple[str, ...]], Scorer]] = {
    LOGISTIC: lambda names: Logistic(names, _MIN_LABELS),
    TEXT: lambda names: TextScorer(_MIN_LABELS),
    STACK: lambda names: StackScorer((LOGISTIC, TEXT), _MIN_LABELS),
}


class Uncapped(Labellers):
    """What would be without caps."""

    def take(self, given: GivenLabel) -> bool:
        return True


class Weir(Contestant):
    """``models``: those that score, in order; the last one's score counts. ``features``: of all mails, by place."""

    def __init__(self, corpus: Corpus, models: tuple[str, ...], features: Features, capped: bool = True) -> None:
        self._mails = corpus.mails
        self._names, self._matrix = features
        self._learners = {
            name: ModelLearner(name, "mail", _MAKE[name](() if name == TEXT else self._names)) for name in models
        }
        if not capped:
            for learner in self._learners.values():
                learner.state.labellers = Uncapped()
        self._decisions: dict[int, Decision] = {}
        self._labels = 0

    def score(self, place: int) -> float:
        mail = self._mails[place]
        row = self._matrix[place : place + 1] if self._names else np.empty((1, 0))
        said: dict[str, Vector] = {}
        for name, learner in self._learners.items():
            scorer = learner.scorer
            names, matrix = (scorer.inputs, row) if scorer.inputs else ((), row[:, :0])
            batch = Batch(names, matrix, (mail.text,) if scorer.reads_text else (), dict(said))
            said[name] = np.asarray(scorer.score_many(batch), dtype=np.float64)
        values = array("d", (float(one[0]) for one in said.values()))
        self._decisions[place] = Decision(
            str(place), "mail", self._names, array("d", row[0]), tuple(said), values, time_ms=mail.time_ms
        )
        return values[-1]

    def learn(self, lesson: Lesson) -> None:
        mail = self._mails[lesson.place]
        by, who = ("user", lesson.labeller) if lesson.labeller else ("analyst", str(lesson.place))
        given = GivenLabel("abuse" if lesson.abuse else "legit", by, mail.time_ms, who)
        decision = self._decisions[lesson.place]
        for learner in self._learners.values():
            learner.on_label("labels:0", self._labels, "mail", decision.id, given, decision)
            learner.learn({decision.id: mail.text})
            if learner.fault is not None:
                raise learner.fault
        self._labels += 1


def features_of(corpus: Corpus) -> Features:
    """All features of each mail as of its own time, from the store that tests and backtests use; shape (n, d)."""
    catalogue = catalogues(list(load_kinds().values()))["mail"]
    reference = load_reference(load_settings().reference_folder)
    store = MemoryStore()

    async def vectors() -> list[tuple[float, ...]]:
        await store.attach(_PLACE)
        found = []
        for offset, mail in enumerate(corpus.mails):
            prepared = catalogue.prepare(mail.event, reference)
            position = Position(_PLACE, offset, mail.time_ms)
            seen = await store.observe([Observation(position, mail.time_ms, prepared.updates)], {_PLACE: offset})
            found.append(catalogue.vector(mail.event, prepared, seen[0]))
        return found

    return catalogue.names, np.array(asyncio.run(vectors()), dtype=np.float64)
