"""What a checkpoint is worth, as metrics."""

from __future__ import annotations

from prometheus_client import Gauge

from models.learning.learner import ModelLearner
from models.registry import Manifest
from streams import metrics


class Gauges:
    """Series of thresholds that the policy does not name any more are taken away."""

    def __init__(self) -> None:
        self._shown: dict[tuple[Gauge, str], set[str]] = {}

    def show(self, learner: ModelLearner, manifest: Manifest) -> None:
        names = manifest.model, manifest.kind
        metrics.CHECKPOINTS.labels(manifest.model).inc()
        metrics.MODEL_CHECKPOINT_TIME.labels(manifest.model).set(manifest.made_ms / 1000)
        figures, balance = manifest.figures, learner.state.balance
        if learner.teaches:
            metrics.ABUSE_LABELS.labels(*names).set(balance.abuse / (balance.abuse + balance.legit))
        if figures is None:
            return
        if figures.auc is not None:
            metrics.MODEL_AUC.labels(*names).set(figures.auc)
        if figures.calibration_error is not None:
            metrics.MODEL_CALIBRATION_ERROR.labels(*names).set(figures.calibration_error)
        at = {**figures.at_score, **figures.at_rate}
        precisions = {name: one.precision for name, one in at.items() if one.precision is not None}
        self._set(metrics.MODEL_PRECISION, manifest, precisions)
        self._set(metrics.MODEL_RECALL, manifest, {name: one.recall for name, one in at.items()})
        false_positives = {name: one.false_positive_rate for name, one in at.items()}
        self._set(metrics.MODEL_FALSE_POSITIVES, manifest, false_positives)
        self._set(metrics.MODEL_THRESHOLD, manifest, {rate: one.value for rate, one in manifest.thresholds.items()})
        achieved = {rate: one.achieved for rate, one in figures.kept.items() if one.achieved is not None}
        self._set(metrics.PROMISE_KEPT, manifest, achieved)
        self._set(metrics.PROMISED, manifest, {rate: float(rate) for rate in achieved})
        self._set(metrics.PROMISE_LABELS, manifest, {rate: figures.kept[rate].measured for rate in achieved})

    def _set(self, gauge: Gauge, manifest: Manifest, values: dict[str, float]) -> None:
        before = self._shown.get((gauge, manifest.model), set())
        for name in before - set(values):
            gauge.remove(manifest.model, manifest.kind, name)
        for name, value in values.items():
            gauge.labels(manifest.model, manifest.kind, name).set(value)
        self._shown[gauge, manifest.model] = set(values)

    def forget(self, manifest: Manifest) -> None:
        """The model is gone."""
        for gauge, model in list(self._shown):
            if model == manifest.model:
                self._set(gauge, manifest, {})
