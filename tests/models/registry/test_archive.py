"""An exported model goes into another registry, and nothing that is not one does, whatever it unpacks to."""

from __future__ import annotations

import io
import os
import pickle
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.errors import ModelError
from models.registry import Manifest, Registry
from models.scorers import Batch, Logistic

MANIFEST, WEIGHTS, STATE = "0/manifest.json", "0/weights.pickle", "0/state"


class Bomb:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.proof}",)


def manifest(made_ms: int = 1, model: str = "login.logistic", **more: Any) -> Manifest:
    return Manifest(model=model, kind="login", schema="s", learned=3, made_ms=made_ms, parent="before", **more)


def scorer(examples: int) -> Logistic:
    made = Logistic(("a",), 1)
    for number in range(examples):
        made.learn(Batch.of(("a",), [[float(number)]]), [number % 2 == 0])
    return made


@pytest.fixture
def source(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "source")


@pytest.fixture
def target(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "target")


@pytest.fixture
def key(source: Registry, tmp_path: Path) -> Path:
    return tmp_path / "source" / "signing.key"


@pytest.fixture
def archive(source: Registry, tmp_path: Path) -> Path:
    path = tmp_path / "model.zip"
    source.export(source.save(manifest(), scorer(3), b"the state"), path, state=True)
    return path


def parts_of(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def pack(path: Path, parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, blob in parts.items():
            packed.writestr(name, blob)
    return path


def files(registry: Path) -> set[str]:
    return {path.name for path in registry.rglob("*") if path.is_file()} - {"signing.key"}


def test_a_model_is_signed_anew_in_the_registry_that_takes_it_in_and_kept_for_good(
    source: Registry, target: Registry, key: Path, archive: Path, tmp_path: Path
) -> None:
    (sent,) = source.list()
    taken = target.import_archive(archive, key)
    assert msgspec.structs.replace(taken, signature=sent.signature) == sent
    assert taken.signature != sent.signature
    assert (target.load(taken).learned, target.load_state(taken)) == (3, b"the state")
    assert list(target.kept("login.logistic")) == [taken]
    assert target.import_archive(archive, key) == taken
    with pytest.raises(ModelError, match="not by this registry's key"):
        target.verify(sent)
    # Its own needs no key named.
    assert source.import_archive(archive) == sent
    assert Registry(tmp_path / "source").find("login.logistic", sent.version) == sent


def test_without_its_state_a_model_scores_and_says_that_it_cannot_learn_on(
    source: Registry, target: Registry, key: Path, tmp_path: Path
) -> None:
    source.export(source.save(manifest(), scorer(3), b"the state"), tmp_path / "small.zip")
    taken = target.import_archive(tmp_path / "small.zip", key)
    assert target.load(taken).learned == 3
    with pytest.raises(ModelError, match="came without its learner's state: start it anew"):
        target.load_state(taken)
    assert target.find("login.logistic", taken.version) == taken
    target.prune(before_ms=100)
    assert target.load(taken).learned == 3


def test_a_stack_is_carried_with_all_that_it_stacks(
    source: Registry, target: Registry, key: Path, tmp_path: Path
) -> None:
    below = [source.save(manifest(1, f"login.{name}"), scorer(n), b"") for n, name in enumerate(("a", "b"), start=1)]
    stack = source.save(manifest(1, "login.stack", stacked={one.model: one.version for one in below}), scorer(5), b"")
    source.export(stack, tmp_path / "stack.zip", state=True)
    taken = target.import_archive(tmp_path / "stack.zip", key)
    assert (taken.model, taken.version) == (stack.model, stack.version)
    assert [one.model for one in target.list()] == ["login.a", "login.b", "login.stack"]
    assert [target.load(one).learned for one in target.list()] == [1, 2, 5]
    for path in (tmp_path / "source" / "models" / "login.a").iterdir():
        path.unlink()
    with pytest.raises(ModelError, match=r"stacks login\.a@[0-9a-f]{32}, which is not in the registry any more"):
        source.export(stack, tmp_path / "stack.zip")


def test_equal_models_make_equal_archives_whole_or_not_at_all(
    source: Registry, archive: Path, tmp_path: Path
) -> None:
    (sent,) = source.list()
    source.export(sent, tmp_path / "again.zip", state=True)
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()
    with pytest.raises(ModelError, match=r"none/x\.zip cannot be written: No such file"):
        source.export(sent, tmp_path / "none" / "x.zip")
    with pytest.raises(ModelError, match="not by this registry's key"):
        source.export(msgspec.structs.replace(sent, learned=9), tmp_path / "x.zip")
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"again.zip", "model.zip"}


def test_what_another_registry_signed_is_refused_unless_its_key_is_named(
    target: Registry, archive: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        ModelError, match=r"not by this registry's key\. Nothing .* name the file with that one's key"
    ):
        target.import_archive(archive)
    Registry(tmp_path / "third")
    with pytest.raises(ModelError, match=r"not by the key in .*third/signing\.key"):
        target.import_archive(archive, tmp_path / "third" / "signing.key")
    for content in (b"", b"short"):
        (tmp_path / "nokey").write_bytes(content)
        with pytest.raises(ModelError, match="a key has 32 to 4096 bytes"):
            target.import_archive(archive, tmp_path / "nokey")
    with pytest.raises(ModelError, match=r"key file .*gone cannot be read \(No such file"):
        target.import_archive(archive, tmp_path / "gone")
    assert files(tmp_path / "target") == set()


def test_an_archive_with_one_altered_byte_is_refused_or_the_same_model(
    target: Registry, key: Path, archive: Path, tmp_path: Path
) -> None:
    whole, taken = archive.read_bytes(), 0
    for at in range(len(whole)):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :])
        try:
            found = target.import_archive(archive, key)
        except ModelError:
            continue
        # Dates and the like in zip's own headers mean nothing.
        taken += 1
        assert target.load(found).learned == 3
    assert taken < len(whole) / 4
    for end in (0, 1, 21, len(whole) // 2, len(whole) - 1):
        archive.write_bytes(whole[:end])
        with pytest.raises(ModelError):
            target.import_archive(archive, key)
    assert sum(name.endswith(".pickle") for name in files(tmp_path / "target")) == 1


def test_no_part_can_be_put_in_place_of_another(
    source: Registry, target: Registry, key: Path, archive: Path, tmp_path: Path
) -> None:
    parts, proof = parts_of(archive), tmp_path / "proof"
    bomb = pickle.dumps(Bomb(proof))
    other = source.save(manifest(2), scorer(4), b"other")
    for changed in (
        {WEIGHTS: bomb},
        {STATE: bomb},
        {WEIGHTS: parts[STATE]},
        {MANIFEST: msgspec.json.encode(other)},
        {MANIFEST: parts[MANIFEST].replace(b'"learned":3', b'"learned":4')},
    ):
        with pytest.raises(ModelError, match=r"was altered|its signature is not by"):
            target.import_archive(pack(tmp_path / "forged.zip", {**parts, **changed}), key)
    assert not proof.exists()
    assert files(tmp_path / "target") == set()


def test_files_that_belong_elsewhere_are_refused_and_nothing_is_written(
    target: Registry, key: Path, archive: Path, tmp_path: Path
) -> None:
    parts = parts_of(archive)
    for name in ("../../evil", "/etc/evil", "0/../../evil", "evil.py", "0/evil", "100/state", "0/state/", "0\\state"):
        with pytest.raises(ModelError, match=r"is no archive of a model .* it holds "):
            target.import_archive(pack(tmp_path / "forged.zip", {**parts, name: b"evil"}), key)
    for missing in (MANIFEST, WEIGHTS):
        rest = {name: blob for name, blob in parts.items() if name != missing}
        with pytest.raises(ModelError, match="is no archive of a model"):
            target.import_archive(pack(tmp_path / "forged.zip", rest), key)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as packed:
        packed.writestr(MANIFEST, parts[MANIFEST])
        packed.writestr(WEIGHTS, parts[WEIGHTS])
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr(WEIGHTS, parts[WEIGHTS])
    with pytest.raises(ModelError, match="parts are missing or double"):
        target.import_archive(tmp_path / "twice.zip", key)
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with pytest.raises(ModelError, match="packed in a way that export does not use"):
            target.import_archive(pack(tmp_path / "forged.zip", parts, method), key)
    assert files(tmp_path / "target") == set()


def test_a_few_bytes_that_unpack_to_gigabytes_are_refused_without_being_held(
    target: Registry, key: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of(archive)
    with pytest.raises(ModelError, match="its manifest is too large"):
        target.import_archive(pack(tmp_path / "bomb.zip", {**parts, MANIFEST: b" " * (5 << 20)}), key)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(MANIFEST, parts[MANIFEST])
        with packed.open(WEIGHTS, "w", force_zip64=True) as file:
            for _ in range(150):
                file.write(bytes(1 << 20))
    assert (tmp_path / "bomb.zip").stat().st_size < 1 << 20
    before_kb = peak_kb()
    with pytest.raises(ModelError, match=r"its 0/weights\.pickle was altered"):
        target.import_archive(tmp_path / "bomb.zip", key)
    monkeypatch.setattr("models.registry.archive.MOST_BYTES", 100 << 20)
    with pytest.raises(ModelError, match=r"its 0/weights\.pickle is larger than any model"):
        target.import_archive(tmp_path / "bomb.zip", key)
    assert peak_kb() - before_kb < 50_000


def peak_kb() -> int:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def test_a_list_of_a_million_files_is_not_even_read(target: Registry, key: Path, tmp_path: Path) -> None:
    entry = io.BytesIO()
    with zipfile.ZipFile(entry, "w") as packed:
        packed.writestr("x", b"")
    raw = entry.getvalue()
    central = raw[raw.index(b"PK\1\2") : raw.index(b"PK\5\6")]
    for claimed in (65_535, 1):
        end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, claimed, claimed, len(central) * 1_000_000, 0, 0)
        (tmp_path / "many.zip").write_bytes(central * 1_000_000 + end)
        begun_s = time.process_time()
        with pytest.raises(ModelError, match="it holds other files"):
            target.import_archive(tmp_path / "many.zip", key)
        assert time.process_time() - begun_s < 0.5


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x80\x04K\x01.", b"PK\5\6" + bytes(18), b"\0" * 10_000])
def test_garbage_is_refused_with_words(target: Registry, key: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "garbage").write_bytes(content)
    with pytest.raises(ModelError, match="garbage is no archive of a model as `weir models export` writes it"):
        target.import_archive(tmp_path / "garbage", key)
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        target.import_archive(tmp_path / "none", key)
    with pytest.raises(ModelError, match="cannot be read: Is a directory"):
        target.import_archive(tmp_path, key)
