"""The registry gives back what was put in, and runs nothing that it did not write itself."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.errors import ModelError
from models.registry.folder import Manifest, Registry
from models.scorers import Logistic

RAN: list[str] = []


class Bomb:
    """Whoever unpickles it has run foreign code."""

    def __reduce__(self) -> Any:
        return (RAN.append, ("boom",))


class Gone:
    """A class that the next version of the code has no more."""


def manifest(model: str = "login.logistic") -> Manifest:
    return Manifest(model=model, kind="login", version="", state="", schema="s", learned=0, made_ms=1)


def scorer(examples: int) -> Logistic:
    made = Logistic(1)
    for number in range(examples):
        made.learn({"a": float(number)}, number % 2 == 0)
    return made


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    RAN.clear()
    return Registry(tmp_path / "registry")


def files(tmp_path: Path, pattern: str) -> list[Path]:
    return sorted((tmp_path / "registry").glob(pattern))


def test_what_was_saved_is_loaded_by_another_process_of_the_same_folder(registry: Registry, tmp_path: Path) -> None:
    saved = registry.save(manifest(), scorer(5), b"state")
    again = Registry(tmp_path / "registry")
    read = msgspec.json.decode(msgspec.json.encode(saved), type=Manifest)
    loaded = again.load(read)
    assert (loaded.learned, loaded.score_many([{"a": 2.0}])) == (5, scorer(5).score_many([{"a": 2.0}]))
    assert again.load_state(read) == b"state"


def test_equal_models_have_equal_versions(registry: Registry) -> None:
    one, same, other = (registry.save(manifest(), scorer(n), b"state") for n in (3, 3, 4))
    assert one.version == same.version != other.version
    assert one.state == same.state


def test_the_key_is_the_owners_alone(registry: Registry, tmp_path: Path) -> None:
    key = tmp_path / "registry" / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32


@pytest.mark.parametrize("ending", ["model", "state"])
def test_one_altered_byte_anywhere_is_refused(registry: Registry, tmp_path: Path, ending: str) -> None:
    saved = registry.save(manifest(), scorer(2), b"the state of the learner")
    (path,) = files(tmp_path, f"*.{ending}")
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ModelError, match="was altered"):
            registry.load(saved) if ending == "model" else registry.load_state(saved)


@pytest.mark.parametrize("keep", [0, 1, -1])
def test_a_truncated_file_is_refused(registry: Registry, tmp_path: Path, keep: int) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    (path,) = files(tmp_path, "*.model")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match="was altered"):
        registry.load(saved)


def test_a_missing_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    files(tmp_path, "*.model")[0].unlink()
    with pytest.raises(ModelError, match="cannot be read: FileNotFoundError"):
        registry.load(saved)


@pytest.mark.parametrize("field", ["model", "kind", "version", "state", "schema", "learned", "made_ms", "signature"])
def test_a_manifest_of_which_anything_was_changed_is_refused(registry: Registry, field: str) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    value = getattr(saved, field)
    changed = msgspec.structs.replace(saved, **{field: value + 1 if isinstance(value, int) else f"{value}0"})
    for call in (registry.verify, registry.load, registry.load_state):
        with pytest.raises(ModelError, match="not by this registry's key"):
            call(changed)


def test_a_manifest_signed_with_another_key_is_refused(registry: Registry, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other")
    saved = other.save(manifest(), scorer(2), b"state")
    for path in (tmp_path / "other").glob("*.model"):
        (tmp_path / "registry" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match="not by this registry's key"):
        registry.load(saved)


def test_a_pickle_from_outside_is_never_run(registry: Registry, tmp_path: Path) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    (path,) = files(tmp_path, "*.model")
    bomb = pickle.dumps(Bomb())
    path.write_bytes(bomb)
    with pytest.raises(ModelError):
        registry.load(saved)
    # Also under its own right name, with a manifest that nobody signed.
    outside = Registry(tmp_path / "outside").save(manifest(), Bomb(), b"state")  # type: ignore[arg-type]
    (tmp_path / "registry" / f"{outside.version}.model").write_bytes(bomb)
    with pytest.raises(ModelError):
        registry.load(outside)
    with pytest.raises(ModelError):
        registry.load(msgspec.structs.replace(outside, signature=""))
    assert RAN == []


def test_a_version_that_leads_out_of_the_folder_is_refused(registry: Registry) -> None:
    for version in ("../../etc/passwd", "/etc/passwd", "", "0" * 31, "0" * 32 + "\n"):
        unsigned = msgspec.structs.replace(manifest(), version=version, state="0" * 32)
        signed = msgspec.structs.replace(unsigned, signature=registry._sign(unsigned))
        with pytest.raises(ModelError, match="its version is no hash"):
            registry.load(signed)


def test_a_checkpoint_of_code_that_is_gone_is_a_model_error(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = registry.save(manifest(), Gone(), b"state")  # type: ignore[arg-type]
    monkeypatch.delattr(sys.modules[__name__], "Gone")
    with pytest.raises(ModelError, match=r"login\.logistic: this version of Weir cannot read it: AttributeError"):
        registry.load(saved)


def test_prune_keeps_versions_for_a_time_states_of_the_newest_five_and_what_they_share(
    registry: Registry, tmp_path: Path
) -> None:
    saved = [registry.save(manifest(), scorer(n), b"shared" if n in (0, 8) else b"%d" % n) for n in range(9)]
    other = registry.save(manifest("mail.logistic"), scorer(1), b"2")
    for at_ms, one in [(0, other), *enumerate(saved)]:
        path = tmp_path / "registry" / f"{one.model}@{one.version}-{one.state}.json"
        os.utime(path, ns=(at_ms * 1_000_000, at_ms * 1_000_000))
    registry.prune(before_ms=2)
    for one in saved[2:]:
        found = registry.find(one.model, one.version)
        assert found is not None
        assert registry.load(found).learned in range(2, 9)
    for one in saved[4:]:
        assert registry.load_state(one)
    assert [registry.find(one.model, one.version) for one in saved[:2]] == [None, None]
    # Another model's newest checkpoint stays, however old it is: it shares a version with one that went.
    assert registry.load(other).learned == 1
    assert registry.load_state(other) == b"2"
    assert len(files(tmp_path, "login.logistic@*.json")) == 7
    assert len(files(tmp_path, "*.model")) == 8
    assert {path.stem for path in files(tmp_path, "*.state")} == {one.state for one in [*saved[4:], other]}


def test_a_version_is_found_by_its_models_name_and_hash_and_nothing_else_is(
    registry: Registry, tmp_path: Path
) -> None:
    saved = registry.save(manifest(), scorer(3), b"state")
    assert registry.find("login.logistic", saved.version) == saved
    for model, version in (
        ("mail.logistic", saved.version),
        ("*", saved.version),
        ("login.logistic", "*"),
        ("login.logistic", "untrained"),
        ("../registry/login.logistic", "0" * 32),
    ):
        assert registry.find(model, version) is None
    (path,) = files(tmp_path, "*.json")
    path.write_bytes(b"{")
    assert registry.find("login.logistic", saved.version) is None


def test_nothing_half_written_is_left(registry: Registry, tmp_path: Path) -> None:
    registry.save(manifest(), scorer(1), b"state")
    assert [path.name for path in files(tmp_path, ".*")] == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ModelError, match=r"registry folder .* cannot be made"):
            Registry(folder)
