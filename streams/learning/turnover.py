"""Models that come and go while the learner runs: challengers against drift, and promotions by themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import structlog

from models.errors import ModelError
from models.learning.decisions import Decision
from models.learning.learner import ModelLearner
from streams.agents.checkpoints import Checkpoints
from streams.champions import CHAMPION_KEY, Champion, parse_champion
from streams.learning.drifting import WATCH_KEY, Drifting
from streams.learning.promoting import Promoter
from streams.served_models import MODEL_KEY

log = structlog.get_logger()


class Told:
    """What the control topic says of models: written by its reader's thread, read by the learner's.

    ``defaults``: by kind, the champion where nobody promoted one. ``watches``: by kind, what is told of its drift.
    """

    def __init__(self, defaults: dict[str, str]) -> None:
        self._defaults = defaults
        self._changing = threading.Lock()
        self._withdrawn: list[str] = []
        self.champions = {kind: Champion(model) for kind, model in defaults.items()}
        self.watches: dict[str, bytes | None] = {}

    def on_control(self, key: str, value: bytes | None) -> bool:
        """False if that is about something else."""
        if key.startswith(WATCH_KEY):
            self.watches[key.removeprefix(WATCH_KEY)] = value
        elif key.startswith(MODEL_KEY):
            if value is None:
                with self._changing:
                    self._withdrawn.append(key.removeprefix(MODEL_KEY))
        elif key.startswith(CHAMPION_KEY):
            self._on_champion(key.removeprefix(CHAMPION_KEY), value)
        else:
            return False
        return True

    def _on_champion(self, kind: str, value: bytes | None) -> None:
        if kind not in self._defaults:
            return
        try:
            self.champions[kind] = Champion(self._defaults[kind]) if value is None else parse_champion(value)
        except ModelError as error:
            log.error("champion_refused", kind=kind, why=str(error), doing="the old one stays")

    def take_withdrawn(self) -> list[str]:
        """Models whose announcements were taken back since the last call."""
        with self._changing:
            taken, self._withdrawn = self._withdrawn, []
        return taken


class Turnover:
    """``learners``: by name; models come into it and go from it."""

    def __init__(
        self,
        learners: dict[str, ModelLearner],
        checkpoints: Checkpoints,
        drifting: Drifting,
        promoter: Promoter,
        told: Told,
    ) -> None:
        self._learners = learners
        self._checkpoints = checkpoints
        self._drifting = drifting
        self._promoter = promoter
        self._told = told

    def begin(self, decisions: Iterable[Decision]) -> list[ModelLearner]:
        """Challengers to start now, because the ground has moved; they have still to learn what they took.

        ``decisions``: those that are remembered.
        """
        begun = self._drifting.fresh(self._learners, decisions)
        self._learners.update({learner.name: learner for learner in begun})
        return begun

    def end(self) -> None:
        """End challengers that have had their time, or that somebody withdrew."""
        for learner in self._drifting.over(list(self._learners.values())):
            if self._checkpoints.retire(learner.name):
                log.info("challenger_retired", model=learner.name, why="it was not promoted in time")
                del self._learners[learner.name]
        for name in self._told.take_withdrawn():
            found = self._learners.get(name)
            # What is declared is begun anew by the next start.
            if found is not None and found.state.begun_ms is not None:
                log.info("challenger_retired", model=name, why="its announcement was taken back")
                del self._learners[name]

    def promote(self) -> None:
        """Call when there are new checkpoints."""
        self._promoter.consider(self._checkpoints.newest, self._told.champions)
