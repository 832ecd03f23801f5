"""One suite for every place where models may lie: a folder, fsspec's memory, and a bucket of a real S3 server."""

from __future__ import annotations

import os
import pickle
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from conftest import free_ports
from support.s3 import s3_server

from models.errors import ModelError, RegistryUnavailable
from models.registry import Manifest, Registry
from models.registry.store import Store
from models.registry.stores import store_at
from models.scorers import Batch, Logistic


class Bomb:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.proof}",)


MEMORY = fsspec.filesystem("memory")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the S3 server puts what it is sent."""
    return tmp_path_factory.mktemp("s3") / "data"


@pytest.fixture(scope="module")
def bucket(data: Path) -> Iterator[str]:
    served = s3_server(data, free_ports(1)[0], "models")
    with served as env, pytest.MonkeyPatch.context() as patched:
        for name, value in env.items():
            patched.setenv(name, value)
        yield "s3://models"


@pytest.fixture(params=["folder", "file", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name = f"registry-{uuid.uuid4().hex[:8]}"
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/{name}"
    return {"folder": "", "file": "file://", "memory": "memory://"}[request.param] + str(tmp_path / name)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    (tmp_path / "key").write_bytes(os.urandom(32))
    return tmp_path / "key"


@pytest.fixture
def store(url: str) -> Store:
    return store_at(url)


def manifest(made_ms: int = 1, model: str = "login.logistic") -> Manifest:
    return Manifest(model=model, kind="login", schema="s", learned=0, made_ms=made_ms)


def scorer(examples: int) -> Logistic:
    made = Logistic(("a",), 1)
    for number in range(examples):
        made.learn(Batch.of(("a",), [[float(number)]]), [number % 2 == 0])
    return made


def test_what_is_written_is_read_listed_written_over_and_deleted(store: Store) -> None:
    assert (store.read("weights/x"), store.names("weights"), store.names("")) == (None, [], [])
    before_ms = time.time() * 1000 - 2000
    store.write("weights/x", b"1" * 200_000)
    store.write("models/login.logistic/y", b"")
    store.write("models/a.b/z", b"\0")
    assert store.read("weights/x") == b"1" * 200_000
    assert (store.read("models/login.logistic/y"), store.read("models/login.logistic")) == (b"", None)
    assert store.names("models") == ["a.b", "login.logistic"]
    assert store.names("models/login.logistic") == ["y"]
    assert before_ms < (store.modified_ms("weights/x") or 0) < before_ms + 60_000
    assert store.modified_ms("weights/none") is None
    store.write("weights/x", b"2")
    assert store.read("weights/x") == b"2"
    store.delete(["weights/none", "weights/x", "models/a.b/z"])
    store.delete([])
    assert (store.read("weights/x"), store.names("weights")) == (None, [])
    assert store.read("models/login.logistic/y") == b""


def test_another_process_meets_what_this_one_wrote(url: str, key: Path) -> None:
    writer, reader = Registry(url, key), Registry(url, key)
    for number in range(3):
        saved = writer.save(manifest(number), scorer(number), b"state")
        assert reader.find("login.logistic", saved.version) == saved
        assert reader.list()[0] == saved
        assert (reader.load(saved).learned, reader.load_state(saved)) == (number, b"state")
    assert [one.made_ms for one in reader.list("login.logistic", newest=2)] == [2, 1]


def test_what_was_altered_cut_or_taken_away_is_refused_and_never_run(url: str, key: Path, tmp_path: Path) -> None:
    registry, store = Registry(url, key), store_at(url)
    saved = registry.save(manifest(), scorer(2), b"state")
    name, proof = f"weights/{saved.weights}.pickle", tmp_path / "proof"
    whole = store.read(name) or b""
    middle = len(whole) // 2
    altered = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for spoiled in (altered, whole[:-1], b"", whole + b"\0", pickle.dumps(Bomb(proof))):
        store.write(name, spoiled)
        with pytest.raises(ModelError, match="was altered"):
            registry.load(saved)
    store.delete([name])
    with pytest.raises(ModelError, match="is gone"):
        registry.load(saved)
    assert not proof.exists()
    assert registry.save(manifest(), scorer(2), b"state") == saved
    assert registry.load(saved).learned == 2


def test_half_of_a_manifest_and_strangers_are_passed_over_and_told(url: str, key: Path) -> None:
    registry, store = Registry(url, key), store_at(url)
    good, spoiled = (registry.save(manifest(at_ms), scorer(at_ms), b"state") for at_ms in (1, 2))
    (name,) = (one for one in store.names("models/login.logistic") if spoiled.version in one)
    store.write(f"models/login.logistic/{name}", (store.read(f"models/login.logistic/{name}") or b"")[:100])
    store.write("models/login.logistic/notes.txt", b"hello")
    store.write("models/.DS_Store", b"")
    assert list(registry.list()) == [good]
    assert registry.passed_over.keys() == {f"models/login.logistic/{name}", "models/login.logistic/notes.txt"}


def test_old_ones_go_and_the_promoted_stay(url: str, key: Path) -> None:
    registry = Registry(url, key)
    saved = [registry.save(manifest(number), scorer(number), b"%d" % number) for number in range(9)]
    registry.keep("login.logistic", saved[1].version)
    registry.prune(before_ms=3)
    assert [one.made_ms for one in registry.list()] == [8, 7, 6, 5, 4, 3, 1]
    assert Registry(url, key).load(saved[1]).learned == 1
    for one in saved[4:]:
        registry.load_state(one)
    for one in saved[:4]:
        with pytest.raises(ModelError, match="is gone"):
            registry.load_state(one)


def test_a_model_is_carried_from_any_place_into_any_other(url: str, key: Path, tmp_path: Path) -> None:
    here, there = Registry(url, key), Registry(tmp_path / "there")
    saved = here.save(manifest(), scorer(3), b"state")
    here.export(saved, tmp_path / "archive", state=True)
    moved = there.import_archive(tmp_path / "archive", key)
    there.export(moved, tmp_path / "back", state=False)
    back = here.import_archive(tmp_path / "back", tmp_path / "there" / "signing.key")
    assert (back.version, back.state, here.load(back).learned) == (saved.version, "", 3)


@pytest.mark.parametrize("where", ["memory://none", "s3://models/none"])
def test_away_from_this_machine_a_key_is_asked_for_and_never_put_beside_the_models(
    where: str, bucket: str, data: Path, key: Path
) -> None:
    with pytest.raises(
        ModelError, match=r"set registry_key_file to a file on this machine .* head -c 32 /dev/urandom"
    ):
        Registry(where)
    with pytest.raises(ModelError, match="has to lie on this machine"):
        Registry(where, Path("s3://models/key"))
    registry = Registry(where, key)
    registry.save(manifest(), scorer(1), b"state")
    in_bucket = [str(path) for path in (data / "models" / "none").rglob("*") if path.is_file()]
    found = in_bucket if where.startswith("s3") else MEMORY.find("/none")
    assert len(found) == 3
    assert not [path for path in found if "key" in path]


def test_a_place_that_is_out_of_reach_is_told_in_words_without_its_secrets(
    bucket: str, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        RegistryUnavailable, match=r"registry s3://none/here: weights/.* cannot be written: FileNotFound"
    ):
        Registry("s3://none/here", key).save(manifest(), scorer(1), b"")
    with pytest.raises(RegistryUnavailable, match=r"registry nope://…@x/y: it cannot be opened: .*nope"):
        Registry("nope://somebody:password@x/y", key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(RegistryUnavailable, match=r"^registry s3://elsewhere/here: .* cannot be listed: .*$"):
        Registry("s3://elsewhere/here", key).list()
