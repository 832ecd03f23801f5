"""Nobody in the contest sees a label before it is told, and each is run as it is meant to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from quality import entrants
from quality.bogofilter import Bogofilter, Program, find_bogofilter
from quality.conditions import NO_CAP, poisoned, prompt
from quality.entrants import BOGOFILTER, RIVER, WEIR_CHAMPION, WEIR_TABULAR, WEIR_TEXT, Field
from quality.figures import auc
from quality.mails import corpus_at
from quality.protocol import Contestant, Lesson, score_then_learn
from quality.river_text import BASELINES
from quality.weir import Weir, features_of
from support.mail_corpora import made_up, written

ROWS = (WEIR_TEXT, WEIR_TABULAR, WEIR_CHAMPION, BOGOFILTER, *(RIVER + name for name in BASELINES))


@pytest.fixture(scope="module")
def bogofilter() -> Program:
    return find_bogofilter()


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory, bogofilter: Program) -> Field:
    corpus = corpus_at(written(tmp_path_factory.mktemp("mails") / "mails.jsonl", made_up(150)))
    return Field(corpus, features_of(corpus), bogofilter)


class Clerk(Contestant):
    """Writes down what is asked of it."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []
        self.closed = False

    def score(self, place: int) -> float:
        self.log.append(("score", place))
        return 0.5

    def learn(self, lesson: Lesson) -> None:
        self.log.append(("learn", lesson.place))

    def close(self) -> None:
        self.closed = True


def test_each_mail_is_scored_once_and_learned_only_afterwards(field: Field) -> None:
    clerk = Clerk()
    corpus = field.corpus.first(4)
    score_then_learn(clerk, corpus, prompt(corpus))
    assert clerk.log == [
        ("score", 0), ("learn", 0), ("score", 1), ("learn", 1), ("score", 2), ("learn", 2), ("score", 3),
    ]  # fmt: skip
    assert clerk.closed


def test_a_score_that_is_no_number_stops_the_contest(field: Field) -> None:
    class Broken(Clerk):
        def score(self, place: int) -> float:
            return float("nan")

    with pytest.raises(ValueError, match="no number"):
        score_then_learn(Broken(), field.corpus, prompt(field.corpus))


@pytest.mark.parametrize("row", ROWS)
def test_it_learns_and_what_comes_later_does_not_change_what_it_said(field: Field, row: str) -> None:
    whole = field.run(row)
    begun = field.first(100).run(row)
    assert np.array_equal(whole.scores[:100], begun.scores)
    assert whole.score_us > 0
    assert whole.learn_us > 0
    if row != WEIR_TABULAR:
        # The tabular model sees nothing of the words that tell these mails apart.
        assert auc(whole.scores[50:], field.corpus.abuse[50:]) > 0.9


def test_bogofilter_tells_sixteen_digits_and_leaves_nothing_behind(field: Field, bogofilter: Program) -> None:
    filtered = Bogofilter(field.corpus, bogofilter)
    words: Path = filtered._words
    for place in range(3):
        filtered.learn(Lesson(place, field.corpus.mails[place].abuse))
    score = filtered.score(3)
    assert score == filtered.score(3)
    assert round(score, 6) != score
    filtered.close()
    assert not words.exists()


def test_what_a_contestant_is_told_is_what_its_learner_takes(field: Field) -> None:
    corpus = field.corpus
    weir = Weir(corpus, "mail.text", field.features)
    score_then_learn(weir, corpus, prompt(corpus))
    (learner,) = weir._learners.values()
    assert learner.scorer.learned == len(corpus.mails) - 1


def test_flooders_are_capped_unless_the_condition_says_that_nobody_is(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Weir] = []
    monkeypatch.setattr(entrants, "Weir", lambda *given: made.append(Weir(*given)) or made[-1])
    field.run(WEIR_TEXT, "1% poison, flooding")
    field.run(WEIR_TEXT, NO_CAP)
    capped, free = (next(iter(one._learners.values())).state.labellers for one in made)
    assert capped.taken
    assert not free.taken


def test_the_first_of_contradicting_users_is_learned(field: Field) -> None:
    corpus = field.corpus
    weir = Weir(corpus, "mail.text", field.features, capped=False)
    score_then_learn(weir, corpus, poisoned(corpus))
    (learner,) = weir._learners.values()
    lied = {
        lesson[0].place
        for lesson in poisoned(corpus)
        if lesson and lesson[0].abuse != corpus.mails[lesson[0].place].abuse
    }
    held = {
        int(place)
        for place, given in learner.state.taught.items()
        if (given.label == "abuse") != corpus.mails[int(place)].abuse
    }
    assert held == lied
    assert lied
