"""Weir's own mail models, taught as its learner teaches them: class balance, ranks of labellers and their caps."""

from __future__ import annotations

import asyncio
from array import array

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
from models.scorers.base import Batch, Vector
from models.scorers.declared import Declared
from quality.mails import Corpus
from quality.protocol import Contestant, Lesson
from streams.settings import load_settings

KIND = "mail"
_PLACE = "T:0"
Features = tuple[tuple[str, ...], Vector]
# How soon a model counts has no part in its scores.
_MIN_LABELS = 1


def declared() -> Declared:
    """The models that ship."""
    return Declared(catalogues(list(load_kinds().values())), _MIN_LABELS)


class Uncapped(Labellers):
    """What would be without caps."""

    def take(self, given: GivenLabel) -> bool:
        return True


class Weir(Contestant):
    """``model``: the one whose score counts; those that it stacks score before it. ``features``: by place."""

    def __init__(self, corpus: Corpus, model: str, features: Features, capped: bool = True) -> None:
        self._mails = corpus.mails
        self._model = model
        self._names, self._matrix = features
        shipped = declared()
        scorers = {name: shipped.fresh(KIND, name) for name in (*shipped.fresh(KIND, model).stacks, model)}
        self._learners = {name: ModelLearner(name, KIND, scorer) for name, scorer in scorers.items()}
        if not capped:
            for learner in self._learners.values():
                learner.state.labellers = Uncapped()
        self._said: dict[int, dict[str, Vector]] = {}
        self._labels = 0

    def score(self, place: int) -> float:
        mail = self._mails[place]
        row = Batch(self._names, self._matrix[place : place + 1])
        said: dict[str, Vector] = {}
        for model, learner in self._learners.items():
            scorer = learner.scorer
            read = row.select(scorer.inputs)
            batch = Batch(read.names, read.matrix, (mail.text,) if scorer.reads_text else (), dict(said))
            said[model] = np.asarray(scorer.score_many(batch), dtype=np.float64)
        self._said[place] = said
        return float(said[self._model][0])

    def learn(self, lesson: Lesson) -> None:
        mail = self._mails[lesson.place]
        by, who = ("user", lesson.labeller) if lesson.labeller else ("analyst", str(lesson.place))
        given = GivenLabel("abuse" if lesson.abuse else "legit", by, mail.time_ms, who)
        decision = self._decision(lesson.place)
        for learner in self._learners.values():
            learner.on_label("labels:0", self._labels, KIND, decision.id, given, decision)
            learner.learn({decision.id: mail.text})
            if learner.fault is not None:
                raise learner.fault
        self._labels += 1

    def _decision(self, place: int) -> Decision:
        """As the verdict's record would tell it: with the scores as they were said then."""
        said = self._said[place]
        scores = array("d", (float(one[0]) for one in said.values()))
        values = array("d", self._matrix[place].tolist())
        return Decision(
            str(place), KIND, self._names, values, tuple(said), scores, time_ms=self._mails[place].time_ms
        )


def features_of(corpus: Corpus) -> Features:
    """All features of each mail as of its own time, from the store that tests and backtests use; shape (n, d)."""
    catalogue = catalogues(list(load_kinds().values()))[KIND]
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
