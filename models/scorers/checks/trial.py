"""One model under test: how it is made, taught and asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.scorers.base import Scorer
from models.scorers.checks.examples import Examples, examples_for

# What learns from verdicts may need a whole window before it scores anything.
_FEW, _WINDOW = 300, 1_200
# What a check finds wrong, a sentence each.
Find = Iterator[str]


@dataclass(frozen=True, slots=True)
class Trial:
    """One model under test. ``make``: an untrained scorer."""

    make: Callable[[], Scorer]

    def examples(self, seed: int, count: int | None = None) -> Examples:
        scorer = self.make()
        return examples_for(scorer, count or (_FEW if scorer.learns_from == "labels" else _WINDOW), seed)

    def taught(self, *lessons: Examples) -> Scorer:
        scorer = self.make()
        for lesson in lessons:
            teach(scorer, lesson)
        return scorer


def teach(scorer: Scorer, lesson: Examples, weights: Sequence[float] | None = None) -> None:
    scorer.learn(lesson.batch, lesson.abuse if scorer.learns_from == "labels" else None, weights)


def scores(scorer: Scorer, examples: Examples) -> list[float]:
    return [float(score) for score in scorer.score_many(examples.batch)]


def told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def out_of_range(scorer: Scorer, examples: Examples, when: str) -> Find:
    given = scores(scorer, examples)
    if len(given) != len(examples):
        yield f"it gives {len(given)} scores for {len(examples)} events {when}"
    wrong = [score for score in given if not 0 <= score <= 1]
    if wrong:
        yield f"it scores {wrong[0]} {when}: a score lies in [0, 1]"
