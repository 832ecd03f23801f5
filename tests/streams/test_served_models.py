"""Which models score: the newest checkpoints, a pinned champion, and never anything that cannot be trusted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.pipeline import wait_until
from support.serving import Worker, checkpoint, faults, learned

from models.registry import Registry
from models.served import UNTRAINED
from streams.champions import Champion, champion_key, parse_champion
from streams.kind_models import MISSING


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def worker(registry: Registry) -> Worker:
    return Worker(registry)


def test_a_pinned_champion_stays_as_it_is_while_newer_checkpoints_come(worker: Worker, registry: Registry) -> None:
    old, new = checkpoint(registry, "login.logistic", 4), checkpoint(registry, "login.logistic", 9)
    worker.announce(old)
    worker.crown(f"login.logistic@{old.version}")
    worker.announce(new)
    assert worker.versions()["login.logistic*"] == old.version
    worker.crown("login.logistic")
    assert worker.versions()["login.logistic*"] == new.version
    worker.tell(champion_key("login"), None)
    assert worker.versions()["login.logistic*"] == new.version


def test_a_pinned_champion_scores_with_the_models_that_it_stacked_then(worker: Worker, registry: Registry) -> None:
    text = checkpoint(registry, "mail.text", 4)
    logistic = checkpoint(registry, "mail.logistic", 4)
    below = {"mail.text": text.version, "mail.logistic": logistic.version}
    stack = checkpoint(registry, "mail.stack", 4, below)
    for name in ("mail.text", "mail.logistic", "mail.stack"):
        worker.announce(checkpoint(registry, name, 9))
    assert worker.versions("mail")["mail.stack*"] != stack.version
    worker.crown(f"mail.stack@{stack.version}", "mail")
    shown = worker.versions("mail")
    assert (shown["mail.stack*"], shown["mail.text"], shown["mail.logistic"]) == (stack.version, *below.values())


def test_a_pinned_version_that_is_not_there_is_refused_and_the_old_champion_stays(
    worker: Worker, registry: Registry
) -> None:
    worker.announce(checkpoint(registry, "login.logistic", 4))
    worker.models.settle()
    before = worker.serving["login"]
    stack = checkpoint(registry, "mail.stack", 4)
    missing = f"login.logistic@{'0' * 32}"
    foreign = f"mail.stack@{stack.version}"
    for text in (missing, "login.sighs", "nonsense", "", "login.logistic@7", "mail.stack", foreign):
        counted = faults("login")
        worker.crown(text)
        wait_until(lambda counted=counted: faults("login") > counted, 10, "the refusal")
        assert worker.serving["login"] is before, text


def test_a_champion_of_another_kind_is_none_at_a_start_either(worker: Worker, registry: Registry) -> None:
    stack = checkpoint(registry, "mail.stack", 4)
    for text in ("mail.stack", f"mail.stack@{stack.version}"):
        worker.crown(text)
        assert worker.versions() == {"login.logistic*": UNTRAINED, "login.halfspace": UNTRAINED}


def test_a_worker_that_starts_without_its_pinned_champion_decides_without_one(worker: Worker) -> None:
    worker.crown(f"login.logistic@{'0' * 32}")
    worker.models.settle()
    assert worker.versions()["login.logistic*"] == MISSING
    assert worker.serving["login"][0].scorer is None


def test_a_champion_may_be_told_before_its_model(worker: Worker, registry: Registry) -> None:
    manifest = checkpoint(registry, "login.logistic", 4)
    started = msgspec.structs.replace(manifest, model="login.logistic-2", made_ms=5000)
    started = registry.save(started, learned("login.logistic", 5), b"state")
    worker.crown("login.logistic-2")
    assert worker.versions()["login.logistic-2*"] == MISSING
    worker.announce(started)
    assert worker.versions()["login.logistic-2*"] == started.version
    assert worker.versions()["login.logistic"] == UNTRAINED


def test_what_is_taken_back_is_gone_and_what_is_declared_begins_anew(worker: Worker, registry: Registry) -> None:
    manifest = checkpoint(registry, "login.logistic", 4)
    second = registry.save(
        msgspec.structs.replace(manifest, model="login.logistic-2"), learned("login.logistic", 5), b"state"
    )
    worker.announce(manifest)
    worker.announce(second)
    worker.tell("model/login.logistic-2", None)
    worker.tell("model/login.logistic", None)
    assert worker.versions() == {"login.logistic*": UNTRAINED, "login.halfspace": UNTRAINED}


def test_a_checkpoint_whose_input_is_defined_otherwise_by_now_is_refused_and_the_running_one_stays(
    worker: Worker, registry: Registry
) -> None:
    good = checkpoint(registry, "login.logistic", 4)
    worker.announce(good)
    inputs = dict(good.inputs)
    inputs[next(iter(inputs))] = "another"
    changed = registry.save(
        msgspec.structs.replace(good, inputs=inputs, made_ms=9000), learned("login.logistic", 9), b"state"
    )
    worker.announce(changed)
    assert worker.versions()["login.logistic*"] == good.version


def test_at_a_start_the_newest_checkpoint_that_can_be_used_takes_the_place_of_one_that_cannot(
    worker: Worker, registry: Registry, tmp_path: Path
) -> None:
    good = checkpoint(registry, "login.logistic", 4)
    bad = checkpoint(registry, "login.logistic", 9)
    (path,) = (tmp_path / "registry").rglob(f"{bad.weights}*")
    path.write_bytes(path.read_bytes()[:-1])
    worker.announce(bad)
    assert worker.versions()["login.logistic*"] == good.version


@pytest.mark.parametrize(
    ("value", "champion"),
    [
        (b"login.logistic", Champion("login.logistic")),
        (b"login.logistic-2", Champion("login.logistic-2")),
        (b"mail.stack@" + b"0f" * 16, Champion("mail.stack", "0f" * 16)),
    ],
)
def test_a_champion_reads_as_it_is_written(value: bytes, champion: Champion) -> None:
    assert parse_champion(value) == champion
    assert str(champion).encode() == value
