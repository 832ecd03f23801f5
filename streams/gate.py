"""Asking the gate about a checkpoint: what its manifest tells, by the limits of the settings."""

from __future__ import annotations

from models.learning.figures import Figures
from models.learning.gate import Gate, Judgement
from models.registry import Manifest
from streams.settings import Settings


def judged(settings: Settings, manifest: Manifest, champion: str) -> Judgement:
    """Whether this checkpoint may become the champion in place of ``champion``, and in words why not."""
    if manifest.model == champion:
        return Judgement(True, (f"it is a version of {champion} itself",))
    figures = manifest.figures or Figures(abuse=0, legit=0)
    return Gate(cost_us=settings.model_limit_us).judge(
        figures, champion, ready=manifest.ready, cost_us=manifest.cost_us, drifting=manifest.drifting
    )
