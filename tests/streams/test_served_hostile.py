"""Records and checkpoints that somebody else wrote, and a registry that is slow or away: workers go on."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from support.pipeline import wait_until
from support.serving import Worker, checkpoint, faults, learned

from models.errors import RegistryUnavailable
from models.registry import Manifest, Registry
from models.scorers import Logistic, Scorer
from models.scorers.stack import StackScorer
from models.served import UNTRAINED
from streams.kind_models import MISSING


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def worker(registry: Registry) -> Worker:
    return Worker(registry)


def test_a_checkpoint_that_is_told_under_another_models_name_is_refused(worker: Worker, registry: Registry) -> None:
    newer, older = checkpoint(registry, "login.logistic", 9), checkpoint(registry, "login.logistic", 4)
    worker.announce(newer)
    before = worker.serving["login"]
    for name in ("login.halfspace", "login.logistic-2", "mail.logistic", "", "."):
        worker.tell(f"model/{name}", msgspec.json.encode(older))
        assert worker.serving["login"] is before, name


def test_an_old_checkpoint_that_is_told_again_changes_nothing(worker: Worker, registry: Registry) -> None:
    older, newer = checkpoint(registry, "login.logistic", 4), checkpoint(registry, "login.logistic", 9)
    worker.announce(newer)
    worker.announce(older)
    assert worker.versions()["login.logistic*"] == newer.version
    # One that was restored has learned less; the clock of another machine may be behind.
    restored = registry.save(msgspec.structs.replace(older, made_ms=9000), learned("login.logistic", 4), b"state")
    worker.announce(restored)
    assert worker.versions()["login.logistic*"] == restored.version
    behind = registry.save(
        msgspec.structs.replace(older, made_ms=10, learned=20), learned("login.logistic", 12), b"state"
    )
    worker.announce(behind)
    assert worker.versions()["login.logistic*"] == behind.version


@pytest.mark.parametrize(
    "value",
    [b'{"x":' + b"[" * 300_000 + b"]" * 300_000 + b"}", b'{"figures":{"at_rate":' + b'{"a":' * 100_000],
    ids=["nested", "open"],
)
def test_json_without_a_bottom_is_refused_and_ends_nothing(worker: Worker, value: bytes) -> None:
    before = worker.serving["login"]
    counted = faults("login.logistic"), faults("login")
    worker.tell("model/login.logistic", value)
    worker.tell("champion/login", value)
    assert worker.serving["login"] is before
    assert (faults("login.logistic"), faults("login")) == (counted[0] + 1, counted[1] + 1)


def test_a_checkpoint_that_reads_more_than_its_manifest_names_is_refused(worker: Worker, registry: Registry) -> None:
    good = checkpoint(registry, "login.logistic", 4)
    (name, digest), *_ = good.inputs.items()
    worker.announce(good)
    silent = msgspec.structs.replace(good, inputs={name: digest}, made_ms=9000)
    worker.announce(registry.save(silent, learned("login.logistic", 9), b"state"))
    assert worker.versions()["login.logistic*"] == good.version


class Cannot(Logistic):
    @property
    def stacks(self) -> tuple[str, ...]:  # type: ignore[override]
        raise ValueError("a property of a checkpoint")


def test_a_checkpoint_that_cannot_say_what_it_is_is_refused(worker: Worker, registry: Registry) -> None:
    good = checkpoint(registry, "login.logistic", 4)
    worker.announce(good)
    worker.announce(registry.save(msgspec.structs.replace(good, made_ms=9000), Cannot((), 2), b"state"))
    assert worker.versions()["login.logistic*"] == good.version


def test_a_pinned_stack_of_stacks_scores_with_all_that_lies_below(worker: Worker, registry: Registry) -> None:
    text = checkpoint(registry, "mail.text", 4)
    stack = checkpoint(registry, "mail.stack", 4, {"mail.text": text.version, "mail.logistic": UNTRAINED})
    top = registry.save(
        msgspec.structs.replace(stack, model="mail.stack-2", stacked={"mail.stack": stack.version}),
        StackScorer(("mail.stack",), 2),
        b"state",
    )
    for name in ("mail.text", "mail.logistic", "mail.stack"):
        worker.announce(checkpoint(registry, name, 9))
    worker.crown(f"mail.stack-2@{top.version}", "mail")
    below = {"mail.stack": stack.version, "mail.text": text.version, "mail.logistic": UNTRAINED}
    shown = worker.versions("mail")
    assert {name: shown[name] for name in ("mail.stack-2*", *below)} == {"mail.stack-2*": top.version, **below}


class Slow(Registry):
    """Waits, or is away, while it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.gate = threading.Event()
        self.gate.set()
        self.away = False
        self.asked = 0

    def load(self, manifest: Manifest) -> Scorer:
        self.asked += 1
        assert self.gate.wait(30)
        if self.away:
            raise RegistryUnavailable("registry: it cannot be read")
        return super().load(manifest)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr("streams.served_models._AGAIN_S", 0.05)
    return Slow(tmp_path / "registry")


def test_a_slow_registry_keeps_neither_other_records_nor_a_rollback_waiting(slow: Slow) -> None:
    worker = Worker(slow)
    worker.models.settle()
    slow.gate.clear()
    newest = [checkpoint(slow, "login.logistic", examples) for examples in (4, 9, 12)]
    for manifest in newest:
        worker.announce(manifest)
    worker.crown("login.halfspace")
    wait_until(lambda: "login.halfspace*" in worker.versions(), 10, "the champion")
    assert worker.versions()["login.logistic"] == UNTRAINED
    slow.gate.set()
    wait_until(lambda: worker.versions()["login.logistic"] == newest[-1].version, 10, "the newest checkpoint")
    # Of those that came while the first was loading, only the newest was loaded.
    assert slow.asked <= 2


def test_what_was_out_of_reach_at_a_start_is_taken_when_the_registry_is_back(slow: Slow) -> None:
    worker = Worker(slow)
    pinned, newest = checkpoint(slow, "login.logistic", 4), checkpoint(slow, "mail.logistic", 9)
    slow.away = True
    worker.announce(newest)
    worker.crown(f"login.logistic@{pinned.version}")
    # It was away: a start does not wait for it again and again.
    assert slow.asked == 1
    worker.models.settle()
    assert worker.versions()["login.logistic*"] == MISSING
    wait_until(lambda: slow.asked > 3, 10, "another try")
    slow.away = False
    wait_until(lambda: worker.versions()["login.logistic*"] == pinned.version, 10, "the pinned champion")
    wait_until(lambda: worker.versions("mail")["mail.logistic"] == newest.version, 10, "the newest checkpoint")


def test_a_champion_is_crowned_when_its_model_comes(slow: Slow) -> None:
    worker = Worker(slow)
    worker.models.settle()
    begun = registry_copy(slow, "login.logistic-2")
    worker.crown("login.logistic-2")
    wait_until(lambda: faults("login") > 0, 10, "the first try")
    assert worker.versions()["login.logistic*"] == UNTRAINED
    worker.announce(begun)
    wait_until(lambda: "login.logistic-2*" in worker.versions(), 10, "the champion")


def registry_copy(registry: Registry, name: str) -> Manifest:
    manifest = checkpoint(registry, "login.logistic", 4)
    return registry.save(msgspec.structs.replace(manifest, model=name), learned("login.logistic", 5), b"state")
