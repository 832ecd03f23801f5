"""What a checkpoint says of its model, besides what the registry fills in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from features.catalogue import Catalogue
from models.learning.learner import ModelLearner
from models.policy import Policy
from models.registry import Manifest
from models.scorers import Scorer

_LIBRARIES = ("river", "numpy")


def manifest_of(
    learner: ModelLearner,
    spec: str,
    catalogue: Catalogue,
    policy: Policy | None,
    *,
    parent: str,
    cost_us: float | None,
    drifting: Sequence[str],
) -> Manifest:
    """``policy``: the one in force; the model is measured at the scores and promised rates that its bands name."""
    scorer, performance = learner.scorer, learner.performance
    thresholds = performance.thresholds(policy.promised_rates) if policy is not None else {}
    bands = [band.score for band in policy.bands if band.score is not None] if policy is not None else []
    figures = performance.figures(bands)
    return Manifest(
        model=learner.name,
        kind=learner.kind,
        spec=spec,
        estimator=estimator(scorer),
        schema=catalogue.schema,
        inputs={name: catalogue.definitions[name] for name in scorer.inputs},
        code=_code(),
        libraries=_libraries(),
        learned=scorer.learned,
        calibration=performance.calibration,
        thresholds=thresholds,
        first_label_ms=figures.first_label_ms,
        last_label_ms=figures.last_label_ms,
        stacked={name: learner.state.stacked[name] for name in scorer.stacks if learner.state.stacked.get(name)},
        ready=scorer.ready,
        cost_us=cost_us,
        drifting=tuple(drifting),
        figures=figures,
        parent=parent,
        made_ms=int(time.time() * 1000),
    )


def estimator(scorer: Scorer) -> str:
    """What learns: the class of the scorer, and of the River estimator that it wraps."""
    inner = getattr(scorer, "estimator", None)
    return type(scorer).__name__ if inner is None else f"{type(scorer).__name__}({inner})"


def cost_us(learner: ModelLearner) -> float | None:
    """Microseconds of CPU time that scoring an event takes, on events of late; None: there are none to try."""
    sample = learner.sample
    if sample is None or len(sample) == 0:
        return None
    begun_s = time.thread_time()
    try:
        learner.scorer.score_many(sample)
    except Exception:  # noqa: BLE001 - whatever it raises, workers leave it out and say so
        return None
    return (time.thread_time() - begun_s) * 1e6 / len(sample)


@cache
def _code() -> str:
    try:
        return version("weir")
    except PackageNotFoundError:
        return ""


@cache
def _libraries() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}
