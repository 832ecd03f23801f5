"""How well a model's scores at decision time agree with the labels that came later."""

from __future__ import annotations

from river import metrics


class RollingQuality:
    """ROC AUC over the last ``window`` labelled decisions; 0.5 is chance, 1 is perfect."""

    def __init__(self, window: int = 1000) -> None:
        self._auc = metrics.RollingROCAUC(window_size=window)
        self._seen = {True: 0, False: 0}

    def add(self, score: float, abuse: bool) -> None:
        self._seen[abuse] += 1
        self._auc.update(abuse, score)

    @property
    def auc(self) -> float | None:
        """None until both classes have been seen."""
        return float(self._auc.get()) if min(self._seen.values()) > 0 else None
