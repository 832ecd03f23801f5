"""When the ground moves, the learner says so, and a challenger that learns from what is new starts by itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.lessons import Lessons
from support.pipeline import Pipeline, Process, wait_until

from models.registry import Manifest
from streams.learning.drifting import WatchRecord

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURS_BEFORE, HOURS_AFTER, AN_HOUR = 11 * 24, 36, 20


def told(pipeline: Pipeline) -> dict[str, bytes | None]:
    """The newest value of each key of the control topic."""
    return {message.key().decode(): message.value() for message in pipeline.records("control")}


def manifest(pipeline: Pipeline, name: str) -> Manifest | None:
    value = told(pipeline).get(f"model/{name}")
    return None if value is None else msgspec.json.decode(value, type=Manifest)


@pytest.mark.services
def test_drift_is_told_and_a_challenger_learns_from_what_is_new_until_its_time_is_over(
    services: Any, tmp_path: Path
) -> None:
    begin_ms = (int(time.time() * 1000) - 40 * DAY_MS) // HOUR_MS * HOUR_MS
    with Pipeline(services, tmp_path, min_labels=20, checkpoint_s=0.5) as pipeline:
        lessons = Lessons(pipeline, begin_ms)

        def traffic(first_hour: int, hours: int, shift: float) -> None:
            for hour in range(first_hour, first_hour + hours):
                for number in range(AN_HOUR):
                    time_ms = begin_ms + hour * HOUR_MS + number * HOUR_MS // AN_HOUR
                    _, name, abuse = lessons.decision("login", time_ms, shift)
                    if number % 5 == 0:
                        label = "abuse" if abuse else "legit"
                        lessons.label("login", name, label, time_ms=time_ms + HOUR_MS // 2)
            lessons.flush()

        traffic(0, HOURS_BEFORE, 0.0)
        learner = pipeline.start("learner")
        wait_until(lambda: learned(learner) >= HOURS_BEFORE * 4, 60, "it knows the usual")
        assert learner.metric('weir_drift{kind="login"') == 0
        traffic(HOURS_BEFORE, HOURS_AFTER, 3.0)
        wait_until(lambda: manifest(pipeline, "login.logistic-2") is not None, 60, "a challenger")

        started = manifest(pipeline, "login.logistic-2")
        assert started is not None
        assert started.spec == "login.logistic"
        # It was taught the labels of the last week, and none of those before.
        assert 7 * 24 * 4 * 0.9 < started.learned <= 7 * 24 * 4 + HOURS_AFTER * 4
        assert learner.metric('weir_drift{kind="login",what="data"}') == 1
        record = told(pipeline)["watch/login"]
        assert record is not None
        alarms = msgspec.json.decode(record, type=WatchRecord).alarms
        assert "data" in {alarm.what for alarm in alarms}
        assert "moved" in alarms[0].words

        # A learner that dies goes on with it, and starts no other.
        learner.kill()
        learner = pipeline.start("learner")
        traffic(HOURS_BEFORE + HOURS_AFTER, 2, 3.0)
        wait_until(lambda: learned_of(pipeline, "login.logistic-2") > started.learned, 60, "it learns on")
        assert "model/login.logistic-3" not in told(pipeline)

        # Nobody promoted it: two weeks of label time later it goes.
        traffic(HOURS_BEFORE + HOURS_AFTER + 15 * 24, 1, 3.0)
        wait_until(lambda: manifest(pipeline, "login.logistic-2") is None, 60, "it is retired")
        assert manifest(pipeline, "login.logistic") is not None
        assert learner.terminate() == 0
        assert '"event": "challenger_retired"' in learner.log()


def learned(learner: Process) -> float:
    return learner.metric('weir_learned_total{model="login.logistic"}')


def learned_of(pipeline: Pipeline, name: str) -> int:
    found = manifest(pipeline, name)
    return 0 if found is None else found.learned
