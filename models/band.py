"""One band of a policy: from which score on an action is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from models.actions import REVIEW, Action
from models.facts import Facts
from models.learning.threshold import Threshold, rate_name


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A score of at least ``score`` (0 to 1) asks for ``action``.

    ``max_false_positive_rate`` instead: from the score that at most this share of legitimate events reaches. The
    pipeline finds it from labels; while they are too few, the band asks for a review at most.
    """

    action: Action
    score: float | None = None
    max_false_positive_rate: float | None = None

    @property
    def promise(self) -> str | None:
        """The name of the promised rate, as thresholds are called by it."""
        return None if self.max_false_positive_rate is None else rate_name(self.max_false_positive_rate)

    def asks(self, score: float, facts: Facts) -> tuple[Action, str] | None:
        """The action that the band asks for at this score, and why, in words; None: it does not."""
        if self.promise is None:
            assert self.score is not None
            return (self.action, f"score {score:.4g} asks for {self.action}") if score >= self.score else None
        threshold = facts.thresholds.get(self.promise)
        if threshold is None or score < threshold:
            return None
        words = f"score {score:.4g} is above {threshold:.4g}, which at most {self.promise} of legitimate events reach"
        if self.promise in facts.thin and self.action != REVIEW:
            return REVIEW, f"{words}, too few labels speak for that: {REVIEW}"
        return self.action, f"{words}: {self.action}"


def promised_by(bands: Iterable[Band], thresholds: Mapping[str, Threshold]) -> Facts | None:
    """The facts about the thresholds that these bands ask for, as far as they are known; None: there are none."""
    names = [band.promise for band in bands if band.promise is not None]
    found = {name: thresholds[name] for name in names if name in thresholds}
    if not found:
        return None
    thin = tuple(name for name, threshold in found.items() if threshold.thin)
    return Facts(thresholds={name: threshold.value for name, threshold in found.items()}, thin=thin)
