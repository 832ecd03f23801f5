"""Labels for decisions of long ago, checkpoints that were damaged: what was found out is learned nevertheless."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.lessons import Lessons
from support.pipeline import Pipeline, Process, wait_until

from models.registry import Manifest


def labels(learner: Process, result: str) -> float:
    return learner.metric(f'weir_labels_total{{kind="login",model="login.logistic",result="{result}"')


def newest(pipeline: Pipeline, name: str) -> Manifest:
    values = [m.value() for m in pipeline.records("control") if m.key() == f"model/{name}".encode()]
    return msgspec.json.decode(values[-1], type=Manifest)


@pytest.mark.services
def test_a_decision_that_is_not_remembered_is_asked_of_elasticsearch(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path, checkpoint_s=0.5, remember_decisions=1000, partitions=1) as pipeline:
        pipeline.start("indexer")
        learner = pipeline.start("learner")
        lessons = Lessons(pipeline, int(time.time() * 1000) - 3_600_000, partitions=1)
        first = [lessons.decision("login") for _ in range(200)]
        lessons.flush()
        wait_until(lambda: pipeline.count() == 200, 60, "they are indexed")
        for _ in range(1200):
            lessons.decision("login")
        lessons.flush()
        for kind, name, abuse in first:
            lessons.label(kind, name, "abuse" if abuse else "legit")
        lessons.label("login", "never-decided", "abuse")
        lessons.flush()
        wait_until(lambda: labels(learner, "learned") == 200, 60, "they are learned")
        assert labels(learner, "waiting") == 1
        assert learner.terminate() == 0
        assert newest(pipeline, "login.logistic").learned == 200


@pytest.mark.services
def test_a_checkpoint_that_was_damaged_is_made_up_for_from_the_one_before(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path, checkpoint_s=0.2) as pipeline:
        lessons = Lessons(pipeline, int(time.time() * 1000) - 3_600_000)
        learner = pipeline.start("learner")

        def teach(until: int) -> None:
            while lessons.labels < until:
                kind, name, abuse = lessons.decision("login")
                lessons.flush()
                lessons.label(kind, name, "abuse" if abuse else "legit")
            lessons.flush()
            wait_until(lambda: newest(pipeline, "login.logistic").learned == until, 60, f"{until} are learned")

        teach(50)
        teach(100)
        assert learner.terminate() == 0
        damaged = newest(pipeline, "login.logistic")
        path = Path(pipeline.settings.registry) / "weights" / f"{damaged.weights}.pickle"
        blob = bytearray(path.read_bytes())
        blob[len(blob) // 2] ^= 1
        path.write_bytes(blob)

        learner = pipeline.start("learner")
        teach(120)
        assert learner.terminate() == 0
        assert '"event": "checkpoint_refused"' in learner.log()
        # What the damaged one had learned was learned once more from the log, and the others learned nothing twice.
        assert newest(pipeline, "login.logistic").learned == 120
        assert newest(pipeline, "login.halfspace").learned == 120
