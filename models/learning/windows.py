"""The newest labelled decisions of each class, and how they weigh."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.learning.calibration import Calibration, Floats, fit
from models.learning.recent import Recent

_OWN, _RIVAL = 0, 1
# Calibration is told of so many of each class: what was said longer ago was said with another calibration.
_OF_LATE = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """Probabilities as they were told, with their labels, and weights that make the classes as frequent as they are
    among labels."""

    said: Floats
    abuse: NDArray[np.bool_]
    weights: Floats


@dataclass(frozen=True, slots=True)
class Windows:
    """``legit``, ``abuse``: raw scores; ``…_told``: their probabilities at decision time, and the champion's (NaN: it
    had none). ``labels``: 1 for abuse, of all labels in order. ``gains``: over the champion, in order."""

    legit: Recent
    legit_told: Recent
    abuse: Recent
    abuse_told: Recent
    labels: Recent
    delays_s: Recent
    gains: Recent

    def __len__(self) -> int:
        return len(self.legit) + len(self.abuse)

    def all(self) -> dict[str, Recent]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def base_rate(self) -> float:
        """The share of abuse among the newest labels, drawn a little to one half while they are few."""
        return (float(self.labels.column().sum(dtype=np.int64)) + 1.0) / (len(self.labels) + 2.0)

    def add(self, score: float, said: float, rival: float, abuse: bool) -> None:
        scores, told = (self.abuse, self.abuse_told) if abuse else (self.legit, self.legit_told)
        scores.append(score)
        told.append(said, rival)

    def remove(self, score: float, abuse: bool) -> bool:
        """Whether there was one to remove."""
        scores, told = (self.abuse, self.abuse_told) if abuse else (self.legit, self.legit_told)
        at = np.flatnonzero(scores.column() == score)
        if not len(at):
            return False
        scores.delete(int(at[-1]))
        told.delete(int(at[-1]))
        labels = np.flatnonzero(self.labels.column() == abuse)
        if len(labels):
            self.labels.delete(int(labels[-1]))
        return True

    def forget_rivals(self) -> None:
        for told in (self.legit_told, self.abuse_told):
            told.rows[:, _RIVAL] = np.nan
        self.gains.keep(0)

    def fit(self) -> Calibration:
        """Of both classes' newest, as frequent as they are among labels; without both, scores stay as they are."""
        if not len(self.legit) or not len(self.abuse):
            return Calibration()
        legit, abuse = self.legit.column(), self.abuse.column()
        counts = (len(legit), len(abuse))
        return fit(np.concatenate([legit, abuse]), _classes(*counts), self._weights(*counts))

    def told(self) -> Told:
        """What was said of late."""
        legit, abuse = (told.column(_OWN)[-_OF_LATE:] for told in (self.legit_told, self.abuse_told))
        said = np.concatenate([legit, abuse]).astype(np.float64)
        return Told(said, _classes(len(legit), len(abuse)), self._weights(len(legit), len(abuse)))

    def beside(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Of decisions that both had scored: own raw scores and the champion's probabilities, of legitimate ones,
        then of abuse."""
        found = []
        for scores, told in ((self.legit, self.legit_told), (self.abuse, self.abuse_told)):
            rivals = told.column(_RIVAL).astype(np.float64)
            both = ~np.isnan(rivals)
            found += [scores.column()[both], rivals[both]]
        return found[0], found[1], found[2], found[3]

    def _weights(self, legit: int, abuse: int) -> Floats:
        n, share = legit + abuse, self.base_rate
        each = ((1.0 - share) * n / max(1, legit), share * n / max(1, abuse))
        return np.repeat(each, (legit, abuse))


def _classes(legit: int, abuse: int) -> NDArray[np.bool_]:
    return np.repeat(np.array([False, True]), (legit, abuse))
