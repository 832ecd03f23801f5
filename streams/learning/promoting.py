"""Promotion by itself: a challenger that the gate lets through becomes champion, where the settings want it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import structlog
from confluent_kafka import KafkaException

from models.errors import ModelError
from models.registry import Manifest, Registry
from models.scorers import Declared
from streams.champions import Champion, Promotion
from streams.clients.control_state import read_control
from streams.gate import judged
from streams.promotion import PromotionError, crown, standing_of
from streams.settings import Settings

log = structlog.get_logger()
BY = "weir-learner"


class Promoter:
    """Asks the gate about new checkpoints. A champion that somebody pinned stays: people rolled back for a reason."""

    def __init__(self, settings: Settings, registry: Registry, declared: Declared) -> None:
        self._settings = settings
        self._registry = registry
        self._declared = declared

    def consider(self, newest: Mapping[str, Manifest], champions: Mapping[str, Champion]) -> None:
        """``newest``: by model, its newest checkpoint; ``champions``: by kind, as far as is known here.

        What cannot be done now is tried again with the next checkpoint.
        """
        if not self._settings.auto_promote:
            return
        for kind, champion in champions.items():
            passing = [one for one in newest.values() if one.kind == kind and self._passes(one, champion)]
            best = max(passing, key=_evidence, default=None)
            if best is not None:
                self._promote(best, champion, newest.values())

    def _passes(self, manifest: Manifest, champion: Champion) -> bool:
        if manifest.model == champion.model or champion.version is not None:
            return False
        return judged(self._settings, manifest, champion.model).passed

    def _promote(self, manifest: Manifest, expected: Champion, newest: Iterable[Manifest]) -> None:
        kind = manifest.kind
        try:
            standing = standing_of(kind, read_control(self._settings), self._declared.champion(kind))
            if standing.champion != expected or standing.wrong:
                return
            self._registry.keep(manifest.model, manifest.version)
            before = next((one for one in newest if one.model == expected.model), None)
            replaced = expected
            if before is not None:
                self._registry.keep(before.model, before.version)
                replaced = Champion(before.model, before.version)
            reasons = judged(self._settings, manifest, expected.model).reasons
            crown(
                self._settings,
                standing,
                Promotion(
                    champion=Champion(manifest.model),
                    replaced=replaced,
                    at_ms=int(time.time() * 1000),
                    by=BY,
                    passed=reasons,
                ),
            )
        except (ModelError, PromotionError, KafkaException) as error:
            log.warning("promotion_postponed", kind=kind, model=manifest.model, why=str(error))
            return
        log.warning("promoted", kind=kind, model=manifest.model, replaced=str(replaced), why=list(reasons))


def _evidence(manifest: Manifest) -> float:
    figures = manifest.figures
    return 0.0 if figures is None or figures.beside is None else figures.beside.evidence
