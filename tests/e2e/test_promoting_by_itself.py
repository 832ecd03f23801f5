"""Promotion by itself: what the gate lets through becomes champion, if the settings want it and nobody pinned one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.checkpoints import manifest, scorer
from support.events import CATALOGUES
from support.pipeline import Pipeline

from models.learning.figures import Beside, Figures, Recall
from models.registry import Manifest, Registry
from models.scorers import Declared
from streams.champions import Champion, Promotion
from streams.clients.control_state import read_control
from streams.learning.promoting import BY, Promoter
from streams.promotion import Standing, crown, standing_of

OLD, NEW, BETTER = "login.logistic", "login.new", "login.better"


def figures(evidence: float) -> Figures:
    beside = Beside(
        champion=OLD,
        abuse=400,
        legit=1_600,
        evidence=evidence,
        gain=0.01,
        of_late=0.01,
        noise=0.01,
        recall={"0.01": Recall(0.01, own=0.8, champion=0.7, noise=0.02)},
    )
    return Figures(abuse=400, legit=1_600, calibration_error=0.01, beside=beside)


@pytest.mark.services
def test_what_passes_the_gate_is_promoted_once_and_a_pinned_champion_stays(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path) as pipeline:
        registry = Registry(pipeline.settings.registry)
        wants = pipeline.settings.model_copy(update={"auto_promote": True})

        def saved(model: str, evidence: float | None, examples: int) -> Manifest:
            known = {} if evidence is None else {"figures": figures(evidence), "ready": True, "cost_us": 5.0}
            return registry.save(manifest(model=model, **known), scorer(examples), b"state")

        def standing() -> Standing:
            return standing_of("login", read_control(pipeline.settings), OLD)

        def consider(newest: list[Manifest], settings: Any = wants) -> Standing:
            promoter = Promoter(settings, registry, Declared(CATALOGUES, 2))
            promoter.consider({one.model: one for one in newest}, {"login": standing().champion})
            return standing()

        old, worse = saved(OLD, None, 3), saved(NEW, 99.0, 4)
        assert consider([old, worse]).history == ()
        good, better = saved(NEW, 150.0, 4), saved(BETTER, 400.0, 5)
        drifts = msgspec.structs.replace(better, drifting=("its error has risen",))
        assert consider([old, good], pipeline.settings).history == ()
        assert consider([old, worse, drifts]).history == ()

        # Of several the one with the most evidence; the way back is the version that it replaced, kept for good.
        now = consider([old, good, better])
        assert now.champion == Champion(BETTER)
        (promotion,) = now.history
        assert (promotion.by, promotion.replaced) == (BY, Champion(OLD, old.version))
        assert "evidence 400.0 of 100" in promotion.passed[0]
        assert [one.version for one in registry.kept(OLD)] == [old.version]
        assert [one.version for one in registry.kept(BETTER)] == [better.version]
        # It was compared with another champion than the one that counts by now.
        assert consider([old, good, better]).history == now.history

        pinned = Champion(OLD, old.version)
        crown(pipeline.settings, now, Promotion(champion=pinned, replaced=now.champion, at_ms=1, by="ada"))
        assert consider([old, good, better]).champion == pinned
