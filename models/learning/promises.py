"""All promised rates of a model, over one window of legitimate scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from models.learning.calibration import Calibration, Floats
from models.learning.figures import Kept
from models.learning.promise import Promise
from models.learning.recent import Recent
from models.learning.rise import since_rise
from models.learning.threshold import Threshold, rate_name

# Rates that are followed at once.
_MOST = 16


class Promises:
    """``by_name``: the promise of each rate, by ``rate_name``. ``legit``: legitimate raw scores since the last rise.

    ``unfound``: labels since the thresholds were last found. They are found again with every 64th part more of the
    labels (at least 16), and at once where one was reached and little credit is left.
    """

    def __init__(self, by_name: dict[str, Promise], legit: Recent, unfound: int) -> None:
        self.by_name = by_name
        self.legit = legit
        self.unfound = unfound

    @property
    def raw(self) -> dict[str, float]:
        """The thresholds in force, on raw scores; no entry where there is none."""
        found = {name: promise.in_force for name, promise in self.by_name.items()}
        return {name: raw for name, raw in found.items() if raw is not None}

    def add(self, score: float, reached: Mapping[str, bool], abuse: Floats) -> bool:
        """Count a legitimate label; ``reached``: by rate, whether it reached its threshold; no entry where there was
        none. ``abuse``: abusive scores of late. True: the thresholds were found anew."""
        self.legit.append(score)
        urgent = False
        for name, promise in self.by_name.items():
            urgent |= promise.on_legit(name in reached, reached.get(name, False))
        self.unfound += 1
        due = self.unfound >= max(16, len(self.legit) // 64)
        if due:
            self.unfound = 0
            risen = since_rise(self.legit.column())
            if risen is not None:
                self.legit.keep(risen)
        if due or urgent:
            self._find(abuse)
        return due or urgent

    def _find(self, abuse: Floats) -> None:
        legit, abuse = np.sort(self.legit.column()), np.sort(abuse)
        for promise in self.by_name.values():
            promise.find(legit, abuse)

    def remove(self, score: float) -> None:
        at = np.flatnonzero(self.legit.column() == score)
        if len(at):
            self.legit.delete(int(at[-1]))

    def follow(self, rates: Iterable[float], abuse: Floats) -> bool:
        """Begin with rates that are new, on the labels at hand. True: the thresholds were found anew."""
        asked = {rate_name(rate): float(rate) for rate in rates}
        missing = [name for name in asked if name not in self.by_name]
        for name in missing:
            self.by_name[name] = Promise(asked[name])
            self.by_name[name].begin(len(self.legit))
        for name in [name for name in self.by_name if name not in asked][: max(0, len(self.by_name) - _MOST)]:
            del self.by_name[name]
        if not missing or not len(self.legit):
            return False
        self._find(abuse)
        return True

    def thresholds(self, rates: Iterable[float], calibration: Calibration) -> dict[str, Threshold]:
        """By ``rate_name``, of rates that are followed; no entry before the first legitimate label."""
        found = {name: self.by_name[name].threshold(calibration) for name in map(rate_name, rates)}
        return {name: threshold for name, threshold in found.items() if threshold is not None}

    def kept(self) -> dict[str, Kept]:
        return {name: promise.kept(len(self.legit)) for name, promise in self.by_name.items()}
