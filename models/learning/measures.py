"""Figures from the newest labelled decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt, sqrt

import numpy as np

from models.learning.calibration import Calibration, Floats
from models.learning.duel import Duel
from models.learning.figures import At, Beside, Figures, Recall
from models.learning.promise import Promise
from models.learning.reliability import auc, reliability
from models.learning.threshold import rate_name
from models.learning.windows import Windows

# Log loss of a certainty that was wrong has to be a number.
_CERTAIN = 1e-7
# With fewer legitimate decisions above it a threshold says little: recall is compared at a higher rate then.
_ABOVE = 5
_RATE = 0.01


def measured(
    windows: Windows,
    calibration: Calibration,
    promises: Mapping[str, Promise],
    duel: Duel,
    scores: Sequence[float],
) -> Figures:
    """All but the counts; ``scores``: calibrated thresholds at which precision and recall are wanted."""
    if not len(windows):
        return Figures(abuse=0, legit=0)
    told = windows.told()
    inner = np.clip(told.said, _CERTAIN, 1.0 - _CERTAIN)
    both = len(windows.legit) > 0 and len(windows.abuse) > 0
    shown = reliability(told.said, told.abuse, told.weights) if both else None
    delays = np.quantile(windows.delays_s.column(), (0.5, 0.9))
    return Figures(
        abuse=0,
        legit=0,
        base_rate=windows.base_rate,
        auc=auc(windows.legit.column(), windows.abuse.column()),
        log_loss=_mean(-np.log(np.where(told.abuse, inner, 1.0 - inner)), told.weights) if both else None,
        brier=_mean((told.said - told.abuse) ** 2, told.weights) if both else None,
        calibration_error=shown.error if shown else None,
        calibration_noise=shown.noise if shown else 0.0,
        reliability=shown.bins if shown else (),
        at_rate={
            name: _at(windows, windows.legit.column(), windows.abuse.column(), promise.raw)
            for name, promise in promises.items()
            if both and promise.raw is not None
        },
        at_score=_at_scores(windows, calibration, scores) if both else {},
        delay_p50_s=float(delays[0]),
        delay_p90_s=float(delays[1]),
        beside=_beside(windows, duel, [promise.rate for promise in promises.values()] or [_RATE]),
    )


def _mean(values: Floats, weights: Floats) -> float:
    return float(np.average(values, weights=weights))


def _at_scores(windows: Windows, calibration: Calibration, scores: Sequence[float]) -> dict[str, At]:
    legit, abuse = (calibration.apply_many(one.column()) for one in (windows.legit, windows.abuse))
    return {repr(float(score)): _at(windows, legit, abuse, score) for score in scores}


def _at(windows: Windows, legit: Floats, abuse: Floats, threshold: float) -> At:
    recall = float(np.mean(abuse >= threshold))
    wrong = float(np.mean(legit >= threshold))
    share = windows.base_rate
    reached = share * recall + (1.0 - share) * wrong
    return At(recall, wrong, share * recall / reached if reached else None)


def _beside(windows: Windows, duel: Duel, rates: Sequence[float]) -> Beside | None:
    if not duel.pairs:
        return None
    gains = windows.gains.column().astype(np.float64)
    legit, legit_rival, abuse, abuse_rival = windows.beside()
    recall = {}
    if len(legit) > 2 * _ABOVE and len(abuse):
        for rate in rates:
            above = max(_ABOVE, int(rate * len(legit)))
            own, other = _Found(legit, abuse, above), _Found(legit_rival, abuse_rival, above)
            alone = int(np.count_nonzero(own.found != other.found))
            noise = sqrt(alone / len(abuse) ** 2 + own.spread**2 + other.spread**2)
            recall[rate_name(rate)] = Recall(above / len(legit), own.share, other.share, noise)
    return Beside(
        champion=duel.champion,
        abuse=duel.abuse,
        legit=duel.legit,
        evidence=duel.evidence,
        gain=duel.gain,
        of_late=float(gains.mean()) if len(gains) else 0.0,
        noise=float(gains.std() / sqrt(len(gains))) if len(gains) else 0.0,
        recall=recall,
    )


class _Found:
    """The abuse that scores higher than all but ``above`` legitimate decisions; ``spread``: the standard error of its
    share that comes of the threshold's, whose number above varies by its square root."""

    def __init__(self, legit: Floats, abuse: Floats, above: int) -> None:
        ordered = np.sort(legit)
        near = isqrt(above)
        strict, mild = (
            float(np.mean(abuse > ordered[max(0, len(ordered) - 1 - k)])) for k in (above - near, above + near)
        )
        self.found = abuse > ordered[len(ordered) - 1 - above]
        self.share = float(self.found.mean())
        self.spread = abs(mild - strict) / 2
