"""Whether models do their work: one that fails or takes too long is left out, or its last good version comes back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import structlog

from models.column import Late
from models.judge import Judged
from models.served import Served
from streams import metrics

log = structlog.get_logger()
FAULTS_IN_A_ROW = 3
LEFT_OUT_S = 10.0
# No micro-batch is too slow below this, however few events it has: a process may have to wait for its turn.
_LEAST_S = 0.2
# After so long a model that failed for a micro-batch is not asked about its events one by one any more.
_PATIENCE_S = 1.0
_FAILED = "model:"


class Models(Protocol):
    """What can be done about a kind's models; see ``streams.kind_models.KindModels``."""

    def good(self, model: Served) -> None: ...

    def leave_out(self, model: Served) -> None: ...

    def let_in(self, model: Served) -> None: ...

    def fall_back(self, model: Served) -> Served | None: ...


class ModelHealth:
    """Of one kind, for one caller at a time. ``limit_us``: microseconds that a model may take for an event."""

    def __init__(
        self, kind: str, models: Models, limit_us: int, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._kind = kind
        self._models = models
        self._limit_s = limit_us / 1e6
        self._clock = clock
        self._took_s: dict[str, float] = {}
        self._faults: Counter[str] = Counter()
        self._good: dict[str, str] = {}
        self._back_s: dict[str, tuple[Served, float]] = {}

    @contextmanager
    def watch(self, model: Served) -> Iterator[Late]:
        """Around the scoring of a micro-batch by one model."""
        begun_s = self._clock()
        yield lambda: self._clock() - begun_s > _PATIENCE_S
        self._took_s[model.name] = self._clock() - begun_s

    def after(self, models: Sequence[Served], judged: Sequence[Judged]) -> None:
        """Take what a micro-batch showed of the models that scored it."""
        failed = {how for one in judged for how in one.verdict.data.degraded if how.startswith(_FAILED)}
        scored = {score.model for one in judged for score in one.verdict.data.scores}
        for model in models:
            if model.scorer is None:
                continue
            took_s = self._took_s.pop(model.name, 0.0)
            metrics.MODEL_SECONDS.labels(model.name).inc(took_s)
            slow = took_s > max(_LEAST_S, self._limit_s * len(judged))
            if f"{_FAILED}{model.name}" in failed or slow:
                self._fault(model, slow)
            elif model.name in scored:
                self._fine(model)
        self._let_in()

    def _fine(self, model: Served) -> None:
        self._faults[model.name] = 0
        if self._good.get(model.name) != model.version:
            self._good[model.name] = model.version
            self._models.good(model)

    def _fault(self, model: Served, slow: bool) -> None:
        metrics.MODEL_FAULTS.labels(model.name).inc()
        self._faults[model.name] += 1
        why = "it took too long" if slow else "it raised, or gave no number from 0 to 1"
        if self._faults[model.name] >= FAULTS_IN_A_ROW:
            self._faults[model.name] = 0
            self._fall_back(model, why)
        elif slow:
            self._models.leave_out(model)
            self._back_s[model.name] = (model, self._clock() + LEFT_OUT_S)
            log.error("model_left_out", model=model.name, version=model.version, why=why, seconds=LEFT_OUT_S)

    def _fall_back(self, model: Served, why: str) -> None:
        metrics.MODEL_FALLBACKS.labels(self._kind, model.name).inc()
        good = self._models.fall_back(model)
        doing = "deciding without it until a newer version comes"
        if good is not None:
            doing = f"scoring with version {good.version}"
        elif self._good.get(model.name) == model.version:
            # It has done its work before: what it cannot take now must not keep it away for good.
            self._back_s[model.name] = (model, self._clock() + LEFT_OUT_S)
            doing = f"deciding without it for {LEFT_OUT_S:g} s"
        log.error("model_fallback", model=model.name, version=model.version, why=why, doing=doing)

    def _let_in(self) -> None:
        now_s = self._clock()
        for name, (model, at_s) in list(self._back_s.items()):
            if now_s >= at_s:
                del self._back_s[name]
                self._models.let_in(model)
