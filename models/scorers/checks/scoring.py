"""What holds whenever a model is asked for scores."""

from __future__ import annotations

import math

from models.scorers.checks.trial import Find, Trial, out_of_range, scores, teach


def scores_lie_between_0_and_1(trial: Trial) -> Find:
    examples, scorer = trial.examples(1), trial.make()
    for when in ("before it has learned", "after it has learned"):
        yield from out_of_range(scorer, examples, when)
        teach(scorer, examples)


def it_scores_an_empty_batch(trial: Trial) -> Find:
    scorer = trial.make()
    if len(scorer.score_many(trial.examples(1).of(slice(0)).batch)):
        yield "it gives scores for a batch of no events: give as many as there are rows"


def it_repeats_itself(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2)
    if scores(trial.taught(lesson), asked) != scores(trial.taught(lesson), asked):
        yield "the same examples give other scores the second time: give the estimator a seed"


def scoring_changes_nothing(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2)
    quiet, asked_often = trial.taught(lesson), trial.make()
    for rows in (slice(0, 50), slice(50, None)):
        asked_often.score_many(asked.batch)
        teach(asked_often, lesson.of(rows))
    for rows in (slice(0, 150), slice(150, None)):
        asked_often.score_many(asked.of(rows).batch)
    if scores(quiet, asked) != scores(asked_often, asked):
        yield "it scores otherwise after it was asked for scores: score_many must not change the model"


def a_batch_is_as_its_events_one_by_one(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2).of(slice(0, 60))
    scorer = trial.taught(lesson)
    whole = scores(scorer, asked)
    for size in (1, 7):
        parts = [asked.of(slice(start, start + size)) for start in range(0, len(asked), size)]
        if [score for part in parts for score in scores(scorer, part)] != whole:
            yield f"a batch scores otherwise than in batches of {size}: every bit has to be the same"
    if scores(trial.taught(*lesson.one_by_one()), asked) != whole:
        yield "learning a batch is not learning its examples one after the other"


def contributions_can_be_read(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2).of(slice(0, 3))
    scorer = trial.taught(lesson)
    before = scores(scorer, asked)
    found = scorer.contributions(asked.batch)
    if scores(scorer, asked) != before:
        yield "it scores otherwise after it was asked for contributions"
    if found is None:
        return
    if len(found) != len(asked):
        yield f"it tells {len(found)} contributions for {len(asked)} events"
    for one in found:
        sizes = [abs(part) for _, part in one.parts]
        if not one.how:
            yield "its contributions do not say what they are: fill in 'how'"
        if not all(map(math.isfinite, sizes)) or sizes != sorted(sizes, reverse=True):
            yield "its contributions are not numbers in falling order: make them with Contributions.of"
        if len({name for name, _ in one.parts}) < len(one.parts):
            yield "its contributions name an input twice"
