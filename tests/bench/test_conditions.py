"""Labels come when and as each condition says, and never before their mail was scored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from quality.conditions import (
    CONDITIONS,
    FLOOD,
    HOUR_MS,
    LABELLERS,
    POISONERS,
    late_by_mails,
    late_by_time,
    poisoned,
    prompt,
    some_wrong,
)
from quality.mails import Corpus, corpus_at
from support.mail_corpora import made_up, written


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus_at(written(tmp_path_factory.mktemp("mails") / "mails.jsonl", made_up(1200)))


@pytest.mark.parametrize("name", CONDITIONS)
def test_no_label_is_told_before_its_mail_was_scored(corpus: Corpus, name: str) -> None:
    lessons = CONDITIONS[name](corpus)
    assert len(lessons) == len(corpus.mails)
    assert all(lesson.place < place for place, told in enumerate(lessons) for lesson in told)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_the_same_each_time(corpus: Corpus, name: str) -> None:
    assert CONDITIONS[name](corpus) == CONDITIONS[name](corpus)


def test_prompt_labels_come_one_mail_later_and_true(corpus: Corpus) -> None:
    assert [[(one.place, one.abuse) for one in told] for told in prompt(corpus)] == [
        [],
        *([(place, mail.abuse)] for place, mail in enumerate(corpus.mails[:-1])),
    ]


def test_labels_late_by_mails_pass_over_so_many(corpus: Corpus) -> None:
    told = late_by_mails(corpus, 1000)
    assert [[one.place for one in lesson] for lesson in told[1000:1003]] == [[], [0], [1]]


def test_labels_late_by_time_wait_until_the_mails_own_clock_has_passed(corpus: Corpus) -> None:
    # The mails are an hour apart.
    assert [[one.place for one in told] for told in late_by_time(corpus, 2 * HOUR_MS)[:5]] == [[], [], [0], [1], [2]]


def test_a_label_that_is_due_a_moment_after_a_mail_waits_for_the_next(corpus: Corpus) -> None:
    told = late_by_time(corpus, 2 * HOUR_MS + 1)
    assert [[one.place for one in lesson] for lesson in told[:5]] == [[], [], [], [0], [1]]


def test_a_clock_that_runs_back_brings_no_label_early(corpus: Corpus) -> None:
    first, second, third, *rest = corpus.mails
    back = replace(corpus, mails=(first, replace(second, time_ms=0), third, *rest))
    assert [[one.place for one in told] for told in late_by_time(back, 2 * HOUR_MS)[:4]] == [[], [], [0, 1], []]


def test_as_many_labels_are_wrong_as_is_said(corpus: Corpus) -> None:
    told = [one for lesson in some_wrong(corpus, 0.1) for one in lesson]
    wrong = sum(one.abuse != corpus.mails[one.place].abuse for one in told)
    assert 119 <= wrong <= 120


def test_poisoners_are_always_wrong_and_the_others_never(corpus: Corpus) -> None:
    poisoners = {f"user {number}" for number in range(POISONERS)}
    for lesson in poisoned(corpus):
        for one in lesson:
            assert (one.abuse != corpus.mails[one.place].abuse) == (one.labeller in poisoners)


def test_poisoners_flood_so_much_more_than_others_report(corpus: Corpus) -> None:
    told = [one.labeller for lesson in poisoned(corpus) for one in lesson]
    by_poisoner = sum(who in {f"user {number}" for number in range(POISONERS)} for who in told) / POISONERS
    by_other = len(corpus.mails) / LABELLERS
    assert 0.7 * FLOOD < by_poisoner / by_other < 1.4 * FLOOD
    alone = [lesson for lesson in poisoned(corpus, flood=False) if len(lesson) != 1]
    assert alone == [[]]


def test_nobody_reports_a_mail_twice(corpus: Corpus) -> None:
    for seed in range(20):
        for lesson in poisoned(corpus, seed=seed):
            assert len({one.labeller for one in lesson}) == len(lesson)


def test_the_owner_speaks_last(corpus: Corpus) -> None:
    crowded = [lesson for lesson in poisoned(corpus) if len(lesson) > 1]
    assert crowded
    assert all(one.abuse != corpus.mails[one.place].abuse for lesson in crowded for one in lesson[:-1])
