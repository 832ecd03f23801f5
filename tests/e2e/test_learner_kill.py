"""A learner that is killed again and again learns what one learns that is never disturbed: each label once."""

from __future__ import annotations

import pickle
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.events import CATALOGUES
from support.lessons import Lessons
from support.pipeline import Pipeline, wait_until

from models.learning.state import State, decode_state
from models.registry import Manifest, Registry
from models.scorers import Scorer
from streams.kafka import admin_client, topic_ids

MODELS = {
    *("login.logistic", "login.halfspace", "signup.logistic", "signup.halfspace"),
    *("mail.logistic", "mail.halfspace", "mail.text", "mail.stack"),
}


@dataclass(frozen=True)
class Learned:
    scorer: Scorer
    state: State

    @property
    def weights(self) -> bytes:
        # A model that was unpickled shares other objects than one that was not: once more makes them alike.
        return pickle.dumps(pickle.loads(pickle.dumps(self.scorer)))


def newest(pipeline: Pipeline) -> dict[str, Learned]:
    """By model, its last checkpoint."""
    manifests: dict[str, Manifest | None] = {}
    for message in pipeline.records("control"):
        if message.key().startswith(b"model/"):
            value = message.value()
            name = message.key().decode().removeprefix("model/")
            manifests[name] = None if value is None else msgspec.json.decode(value, type=Manifest)
    registry = Registry(pipeline.settings.registry)
    return {
        name: Learned(registry.load(manifest), decode_state(registry.load_state(manifest)))
        for name, manifest in manifests.items()
        if manifest is not None
    }


def learned_to_the_end(pipeline: Pipeline, labels: int) -> dict[str, Learned]:
    learner = pipeline.start("learner")
    topic = pipeline.topic("labels")
    place = f"{topic_ids(admin_client(pipeline.settings), [topic])[topic]}:0"

    def done() -> bool:
        found = newest(pipeline)
        # The last labels are one of each kind.
        return set(found) == MODELS and all(
            one.state.positions.get(place, 0) > labels - len(CATALOGUES) for one in found.values()
        )

    wait_until(done, 60, "all labels are taken")
    assert learner.terminate() == 0
    return newest(pipeline)


@pytest.mark.services
def test_a_learner_that_is_killed_at_any_moment_loses_no_label_and_learns_none_twice(
    services: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    rng = random.Random(5)
    with Pipeline(services, tmp_path, min_labels=20, checkpoint_s=0.3) as pipeline:
        lessons = Lessons(pipeline, int(time.time() * 1000) - 3_600_000)
        enough = threading.Event()

        def send() -> None:
            while not enough.wait(0.01):
                lessons.step()

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for number in range(kills):
                # Every other one is killed while it starts, or not long after.
                learner = pipeline.start("learner", ready=number % 2 == 0)
                time.sleep(rng.uniform(0, 1.5 if number % 2 == 0 else 2.5))
                learner.kill()
        finally:
            enough.set()
            sender.join()
        lessons.last()
        disturbed = learned_to_the_end(pipeline, lessons.labels)

        undisturbed = beside(pipeline, tmp_path, disturbed)
        expected = learned_to_the_end(undisturbed, lessons.labels)
        assert set(disturbed) == set(expected) == MODELS
        for name, one in expected.items():
            other = disturbed[name]
            assert other.scorer.learned == one.scorer.learned > 20, name
            assert other.state.taught == one.state.taught, name
            assert other.state.waiting == one.state.waiting, name
            assert other.state.labellers == one.state.labellers, name
            assert other.state.balance == one.state.balance, name
            assert other.weights == one.weights, name


def beside(pipeline: Pipeline, folder: Path, models: dict[str, Learned]) -> Pipeline:
    """The same log once more, for a learner that knows nothing yet: with its own registry, and no checkpoint."""
    producer = pipeline.producer()
    for name in models:
        producer.produce(pipeline.topic("control"), None, f"model/{name}")
    assert producer.flush(30) == 0
    pipeline.env["WEIR_REGISTRY"] = str(folder / "other-registry")
    pipeline.settings = pipeline.settings.model_copy(update={"registry": pipeline.env["WEIR_REGISTRY"]})
    return pipeline
