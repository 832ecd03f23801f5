"""Test, then train: each mail is scored by what was learned before it, in the order of time; never again."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quality.figures import Scores
from quality.mails import Corpus


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is told: the place of a mail in the corpus, and whether it is abuse by what a labeller says.

    ``labeller``: who says it, a user; empty: an analyst, a different one each time, so that no cap has a say.
    """

    place: int
    abuse: bool
    labeller: str = ""


# By place: what is learned just before that mail is scored.
Lessons = Sequence[Sequence[Lesson]]


class Contestant(ABC):
    """A model under test. It knows nothing of the corpus but what it was asked to score or told to learn."""

    def cpu_s(self) -> float:
        """CPU seconds that its work has cost so far."""
        return time.thread_time()

    @abstractmethod
    def score(self, place: int) -> float:
        """High means abuse; never changes the model."""

    @abstractmethod
    def learn(self, lesson: Lesson) -> None: ...

    def close(self) -> None:
        """Give back what it holds outside of memory."""
        return


@dataclass(frozen=True, slots=True)
class Run:
    """``scores`` by place; ``score_us``, ``learn_us``: CPU of the two, in microseconds a mail."""

    scores: Scores
    score_us: float
    learn_us: float


def score_then_learn(contestant: Contestant, corpus: Corpus, lessons: Lessons) -> Run:
    """Ask for each mail's score after what was known by then was learned; closes the contestant."""
    scores = np.empty(len(corpus.mails))
    scoring_s = learning_s = 0.0
    learned = 0
    try:
        for place in range(len(scores)):
            before_s = contestant.cpu_s()
            for lesson in lessons[place]:
                contestant.learn(lesson)
            between_s = contestant.cpu_s()
            scores[place] = contestant.score(place)
            learning_s += between_s - before_s
            scoring_s += contestant.cpu_s() - between_s
            learned += len(lessons[place])
    finally:
        contestant.close()
    if not np.isfinite(scores).all():
        raise ValueError("a contestant gave a score that is no number")
    return Run(scores, scoring_s * 1e6 / max(1, len(scores)), learning_s * 1e6 / max(1, learned))
