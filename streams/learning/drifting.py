"""Acting on drift: alarms are told when they begin and end, and a fresh challenger learns from what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import structlog

from models.drift import Alarm, Watch
from models.drift.alarm import WHATS
from models.learning.decisions import Decision
from models.learning.learner import ModelLearner
from streams import metrics
from streams.agents.checkpoints import Checkpoints
from streams.learning.announcer import Announcer

log = structlog.get_logger()
WATCH_KEY = "watch/"
_DAY_MS = 86_400_000
# In label time: a challenger learns at first what was found out of late, and is given so long to prove itself.
_RECENT_MS = 7 * _DAY_MS
_TRIAL_MS = 14 * _DAY_MS


class WatchRecord(msgspec.Struct, frozen=True):
    """What ``watch/<kind>`` on the control topic says: the alarms that stand, of which the newest is last."""

    alarms: tuple[Alarm, ...] = ()


class Drifting:
    """Of all kinds. Each kind's watch is kept by one of its learners, so that it is of one moment with it.

    ``announced``: what the control topic says at present, by kind.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        announcer: Announcer,
        hosts: Mapping[str, ModelLearner],
        features: Mapping[str, tuple[str, ...]],
        announced: Mapping[str, bytes | None],
    ) -> None:
        self._checkpoints = checkpoints
        self._announcer = announcer
        self._hosts = hosts
        self._watches: dict[str, Watch] = {kind: host.keep_watch(features[kind]) for kind, host in hosts.items()}
        # Those that stood at the last checkpoint were told then.
        self._standing = {kind: _by_what(watch.alarms()) for kind, watch in self._watches.items()}
        self._announced = dict(announced)

    def against(self, learner: ModelLearner) -> tuple[str, ...]:
        """What speaks against promoting a model now, in words."""
        watch = self._watches.get(learner.kind)
        words = watch.drifting(learner.name) if watch is not None else ""
        return (words,) if words else ()

    def check(self) -> None:
        """Tell what has begun and ended."""
        for kind, watch in self._watches.items():
            alarms = watch.alarms()
            standing = _by_what(alarms)
            for key, alarm in standing.items():
                if key not in self._standing[kind]:
                    log.warning("drift", kind=kind, what=alarm.what, model=alarm.model, words=alarm.words)
            for key, alarm in self._standing[kind].items():
                if key not in standing:
                    log.warning("drift_over", kind=kind, what=alarm.what, model=alarm.model)
            self._standing[kind] = standing
            for what in WHATS:
                metrics.DRIFT.labels(kind, what).set(any(alarm.what == what for alarm in alarms))
            self._announce(kind, alarms)

    def _announce(self, kind: str, alarms: tuple[Alarm, ...]) -> None:
        value = msgspec.json.encode(WatchRecord(alarms))
        if value == self._announced.get(kind) or (not alarms and kind not in self._announced):
            return
        name = f"{WATCH_KEY}{kind}"
        self._announcer.fence([name])
        if self._announcer.announce(name, name, value):
            self._announced[kind] = value

    def fresh(self, learners: Mapping[str, ModelLearner], decisions: Iterable[Decision]) -> list[ModelLearner]:
        """The challengers to start now: for each champion on whose features or errors an alarm stands that none was
        started for, one of the same declaration that knows nothing of what was longer ago.

        ``decisions``: those that are remembered.
        """
        begun = []
        for kind, host in self._hosts.items():
            champion = learners.get(host.state.champion)
            moved = [alarm for alarm in self._watches[kind].alarms() if champion and _concerns(alarm, champion.name)]
            if champion is None or not moved or not self._may_start(champion, learners, moved):
                continue
            spec = self._checkpoints.spec_of(champion.name)
            one = self._checkpoints.begin(kind, spec, self._checkpoints.next_name(spec))
            _teach_recent(one, champion, decisions)
            log.warning("challenger_started", kind=kind, model=one.name, why=moved[-1].words)
            begun.append(one)
        return begun

    def _may_start(self, champion: ModelLearner, learners: Mapping[str, ModelLearner], moved: list[Alarm]) -> bool:
        spec = self._checkpoints.spec_of(champion.name)
        restarted = [one for one in learners.values() if one.name != spec == self._checkpoints.spec_of(one.name)]
        if any(one is not champion for one in restarted):
            return False
        # A champion that was itself started after this alarm rose has learned what came since.
        begun_ms = champion.state.begun_ms
        return begun_ms is None or any(alarm.since_ms > begun_ms for alarm in moved)

    def over(self, learners: Iterable[ModelLearner]) -> list[ModelLearner]:
        """Challengers that were started anew, and were not promoted in time."""
        return [
            one
            for one in learners
            if one.state.begun_ms is not None
            and one.name != one.state.champion
            and one.state.newest_label_ms - one.state.begun_ms > _TRIAL_MS
        ]


def _concerns(alarm: Alarm, champion: str) -> bool:
    return alarm.what == "data" or (alarm.what == "concept" and alarm.model == champion)


def _teach_recent(one: ModelLearner, champion: ModelLearner, decisions: Iterable[Decision]) -> None:
    """Let it begin where the champion stands, with the labels of late that the champion holds for true."""
    known, state = champion.state, one.state
    state.positions, state.sources = dict(known.positions), dict(known.sources)
    state.waiting = {name: list(held) for name, held in known.waiting.items()}
    state.newest_label_ms = state.begun_ms = known.newest_label_ms
    state.champion = known.champion
    recent = [
        (held, decision)
        for decision in decisions
        if decision.kind == one.kind
        and (held := known.held(decision.id)) is not None
        and known.truth(decision.id) is not None
        and known.newest_label_ms - held.time_ms <= _RECENT_MS
    ]
    for held, decision in sorted(recent, key=lambda pair: (pair[0].time_ms, pair[1].id)):
        one.again(decision, held)


def _by_what(alarms: Iterable[Alarm]) -> dict[tuple[str, str | None], Alarm]:
    return {(alarm.what, alarm.model): alarm for alarm in alarms}
