"""What holds however a model was taught."""

from __future__ import annotations

import math
import pickle

from models.scorers.base import Scorer
from models.scorers.checks.trial import Find, Trial, out_of_range, scores, teach, told


def it_learns(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2)
    before, scorer = scores(trial.make(), asked), trial.taught(lesson)
    if (trial.make().learned, trial.make().ready) != (0, False):
        yield "it is ready, or says that it has learned, before it has learned anything"
    if not 0 < scorer.learned <= len(lesson):
        yield f"learned is {scorer.learned} after {len(lesson)} examples: count each example once"
    if scores(scorer, asked) == before:
        yield f"it scores after {len(lesson)} examples as it did before: it learns nothing from them"


def a_weight_of_1_is_no_weight(trial: Trial) -> Find:
    lesson, asked, weighed = trial.examples(1), trial.examples(2), trial.make()
    teach(weighed, lesson, [1.0] * len(lesson))
    if scores(weighed, asked) != scores(trial.taught(lesson), asked):
        yield "weights of 1 teach it otherwise than no weights"
    teach(weighed, lesson, [(0.0, 0.3, 7.5)[number % 3] for number in range(len(lesson))])
    yield from out_of_range(weighed, asked, "after it has learned examples with weights")


def it_goes_on_after_a_checkpoint(trial: Trial) -> Find:
    lesson, later = trial.examples(1), trial.examples(2)
    straight = trial.taught(lesson)
    try:
        restored: Scorer = pickle.loads(pickle.dumps(straight, protocol=5))
    except Exception as error:  # noqa: BLE001 - whatever a data scientist's code raises is an answer
        yield f"it cannot be pickled: {told(error)}: no lambdas, open files or threads in it"
        return
    if (restored.learned, restored.ready) != (straight.learned, straight.ready):
        yield "what it has learned, or whether it is ready, is lost in a checkpoint"
    for scorer in (straight, restored):
        teach(scorer, later)
    if scores(straight, lesson) != scores(restored, lesson):
        yield "it goes on otherwise after a checkpoint than without: keep all of its state in it"


def nothing_spoils_it_for_good(trial: Trial) -> Find:
    lesson, asked = trial.examples(1), trial.examples(2)
    if not lesson.batch.names:
        return
    spoiled = lesson.of(slice(0, 20)).with_values(math.nan, math.inf, -math.inf, 1e300, -1e300)
    scorer = trial.taught(lesson, spoiled, lesson)
    yield from out_of_range(scorer, asked, "once it has learned NaN, infinity and 1e300")
    if len(set(scores(scorer, asked))) == 1 < len(set(scores(trial.taught(lesson, lesson), asked))):
        yield "it scores every event alike once it has learned NaN, infinity and 1e300"
    scorer.score_many(spoiled.batch)
