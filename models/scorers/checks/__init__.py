"""What every model must keep to, tried on made-up events: whoever brings one runs the checks of the shipped ones.

After River's ``utils.estimator_checks``, but each says in words what is wrong and what to do. Nothing is timed: cost
and size are compared with themselves after more examples.
"""

from __future__ import annotations

from collections.abc import Callable

from models.errors import ModelError
from models.scorers.checks.growth import it_stays_small_and_quick
from models.scorers.checks.learning import (
    a_weight_of_1_is_no_weight,
    it_goes_on_after_a_checkpoint,
    it_learns,
    nothing_spoils_it_for_good,
)
from models.scorers.checks.scoring import (
    a_batch_is_as_its_events_one_by_one,
    contributions_can_be_read,
    it_repeats_itself,
    it_scores_an_empty_batch,
    scores_lie_between_0_and_1,
    scoring_changes_nothing,
)
from models.scorers.checks.trial import Find, Trial, told
from models.scorers.model import Model
from models.scorers.river import as_scorer

__all__ = ["CHECKS", "Trial", "check", "run"]

# Labels of each class after which a River estimator is ready here.
_MIN_LABELS = 20

CHECKS: tuple[Callable[[Trial], Find], ...] = (
    scores_lie_between_0_and_1,
    it_scores_an_empty_batch,
    it_learns,
    it_repeats_itself,
    scoring_changes_nothing,
    a_batch_is_as_its_events_one_by_one,
    a_weight_of_1_is_no_weight,
    it_goes_on_after_a_checkpoint,
    nothing_spoils_it_for_good,
    it_stays_small_and_quick,
    contributions_can_be_read,
)


def check(model: Model, names: tuple[str, ...]) -> list[str]:
    """What is wrong with a model, a sentence each; empty: nothing. ``names``: the features of its kind.

    Takes seconds, for a slow model a minute.
    """
    missing = [name for name in model.inputs or () if name not in names]
    if missing:
        return [f"it reads {missing[0]!r}, which is no feature of its kind: see 'weir features list'"]
    inputs = names if model.inputs is None else model.inputs
    trial = Trial(lambda: as_scorer(model.make(inputs), inputs, _MIN_LABELS))
    try:
        first, second = trial.make(), trial.make()
    except ModelError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - whatever a data scientist's code raises is an answer
        return [f"make raises {told(error)}"]
    if first is second or getattr(first, "estimator", 0) is getattr(second, "estimator", 1):
        return ["make gives the same object twice: make a new one every time"]
    unknown = [name for name in first.inputs if name not in inputs]
    if unknown:
        return [f"its scorer reads {unknown[0]!r}, which 'make' was not given: use the names that it gets"]
    # What compares two of a model that is different every time would only find that again.
    return run(it_repeats_itself, trial) or [wrong for one in CHECKS for wrong in run(one, trial)]


def run(one: Callable[[Trial], Find], trial: Trial) -> list[str]:
    """What one of ``CHECKS`` finds; whatever the model raises is found, too."""
    try:
        return list(one(trial))
    except Exception as error:  # noqa: BLE001 - as in check
        return [f"{one.__name__.replace('_', ' ')}: it raises {told(error)}"]
