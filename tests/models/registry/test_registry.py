"""The registry gives back what was put in, and runs nothing that it did not write itself."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.checkpoints import manifest, scorer

from models.errors import ModelError, RegistryUnavailable
from models.learning.figures import Figures
from models.learning.threshold import Threshold
from models.registry import Manifest, Registry
from models.registry.local import LocalFolder
from models.registry.signing import Mark
from models.scorers import Batch

RAN = "a model that came from outside was run"


class Bomb:
    """Whoever unpickles it has run foreign code."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.system, (f"echo '{RAN}' > {self.proof}",)


class Gone:
    """A class that the next version of the code has no more."""


def files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def test_what_was_saved_is_loaded_by_another_process_of_the_same_folder(registry: Registry, folder: Path) -> None:
    saved = registry.save(manifest(), scorer(5), b"state")
    again = Registry(f"file://{folder}")
    read = msgspec.json.decode(msgspec.json.encode(saved), type=Manifest)
    loaded, batch = again.load(read), Batch.of(("a",), [[2.0]])
    assert (loaded.learned, list(loaded.score_many(batch))) == (5, list(scorer(5).score_many(batch)))
    assert again.load_state(read) == b"state"


def test_what_makes_a_models_scores_makes_its_version_and_nothing_else_does(registry: Registry) -> None:
    one, same, other = (registry.save(manifest(), scorer(n), b"state") for n in (3, 3, 4))
    assert one == same
    assert one.version != other.version
    threshold = Threshold(0.9, 0.8, 0.95, None, 3000)
    changed = [
        manifest(inputs={"a": "1"}),
        manifest(inputs={"a": "2"}),
        manifest(calibration=msgspec.structs.replace(one.calibration, a=2.0)),
        manifest(thresholds={"0.001": threshold}),
        manifest(thresholds={"0.001": msgspec.structs.replace(threshold, value=0.91)}),
        manifest(thresholds={"0.001": msgspec.structs.replace(threshold, thin=True)}),
        manifest(thresholds={"0.01": threshold}),
    ]
    versions = [registry.save(each, scorer(3), b"state").version for each in changed]
    assert len({one.version, *versions}) == len(changed) + 1
    told = msgspec.structs.replace(threshold, achieved=0.002, measured=5000)
    for each in (
        manifest(model="login.other"),
        manifest(made_ms=2),
        manifest(parent="x", figures=Figures(abuse=1, legit=2)),
    ):
        assert registry.save(each, scorer(3), b"other").version == one.version
    assert registry.save(manifest(thresholds={"0.001": told}), scorer(3), b"").version == versions[3]


def test_the_key_is_the_owners_alone(registry: Registry, folder: Path) -> None:
    key = folder / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32


@pytest.mark.parametrize("pattern", ["weights/*", "states/*"])
def test_one_altered_byte_anywhere_is_refused(registry: Registry, folder: Path, pattern: str) -> None:
    saved = registry.save(manifest(), scorer(2), b"the state of the learner")
    (path,) = files(folder, pattern)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ModelError, match="was altered"):
            registry.load(saved) if pattern == "weights/*" else registry.load_state(saved)


def test_one_altered_byte_anywhere_in_a_manifest_leaves_nothing_to_be_found_but_the_words_why(
    registry: Registry, folder: Path
) -> None:
    saved = registry.save(manifest(inputs={"a": "d"}), scorer(2), b"state")
    (path,) = files(folder, "models/*/*.json")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        registry.passed_over.clear()
        assert registry.find("login.logistic", saved.version) is None, at
        assert list(registry.list()) == []
        assert list(registry.passed_over) == [str(path.relative_to(folder))]
    path.write_bytes(whole)
    assert registry.find("login.logistic", saved.version) == saved


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_truncated_file_is_refused(registry: Registry, folder: Path, keep: int) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    (path,) = files(folder, "weights/*")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match="was altered"):
        registry.load(saved)


def test_a_file_that_a_fault_has_spoiled_is_mended_by_the_next_save(registry: Registry, folder: Path) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    for path in [*files(folder, "weights/*"), *files(folder, "states/*"), *files(folder, "models/*/*")]:
        path.write_bytes(path.read_bytes()[:-1])
    assert registry.save(manifest(), scorer(2), b"state") == saved
    assert registry.find("login.logistic", saved.version) == saved
    assert registry.load(saved).learned == 2
    assert registry.load_state(saved) == b"state"


def test_a_missing_file_is_refused_and_the_words_say_what_to_do(registry: Registry, folder: Path) -> None:
    saved = registry.save(manifest(), scorer(2), b"state")
    files(folder, "weights/*")[0].unlink()
    with pytest.raises(
        ModelError, match=r"weights/[0-9a-f]{64}\.pickle of registry .* is gone; .* `weir models list`"
    ):
        registry.load(saved)


FIELDS = [field for field in Manifest.__struct_fields__ if field not in ("figures", "calibration")]


@pytest.mark.parametrize("field", FIELDS)
def test_a_manifest_of_which_anything_was_changed_is_refused(registry: Registry, field: str) -> None:
    threshold = Threshold(0.9, 0.8, 0.95, None, 3000)
    filled = manifest(first_label_ms=1, last_label_ms=2, thresholds={"0.1": threshold}, inputs={"a": "b"})
    saved = registry.save(filled, scorer(2), b"state")
    value = getattr(saved, field)
    other: Any = value + 1 if isinstance(value, int) else f"{value}0" if isinstance(value, str) else {}
    if other == value:
        other = {"x": "y"}
    changed = msgspec.structs.replace(saved, **{field: other})
    for call in (registry.verify, registry.load, registry.load_state, registry.load_weights):
        with pytest.raises(ModelError, match="not by this registry's key"):
            call(changed)


def test_inputs_in_another_order_are_another_model(registry: Registry) -> None:
    saved = registry.save(manifest(inputs={"a": "1", "b": "2"}), scorer(2), b"state")
    with pytest.raises(ModelError, match="not by this registry's key"):
        registry.verify(msgspec.structs.replace(saved, inputs={"b": "2", "a": "1"}))


def test_a_manifest_signed_with_another_key_is_refused(registry: Registry, folder: Path, tmp_path: Path) -> None:
    saved = Registry(tmp_path / "other").save(manifest(), scorer(2), b"state")
    (folder / "weights").mkdir()
    for path in (tmp_path / "other").glob("weights/*"):
        (folder / "weights" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match="not by this registry's key"):
        registry.load(saved)


def test_a_pickle_from_outside_is_never_run(registry: Registry, folder: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    saved = registry.save(manifest(), scorer(2), b"state")
    (path,) = files(folder, "weights/*")
    bomb = pickle.dumps(Bomb(proof))
    path.write_bytes(bomb)
    with pytest.raises(ModelError, match="was altered, so it was not used"):
        registry.load(saved)
    # Also under its own right name, with a manifest that nobody or somebody else signed, and found in the folder.
    other = Registry(tmp_path / "outside")
    outside = other.save(manifest(), Bomb(proof), b"state")  # type: ignore[arg-type]
    path.with_name(f"{outside.weights}.pickle").write_bytes(bomb)
    (theirs,) = files(tmp_path / "outside", "models/*/*.json")
    (folder / "models" / "login.logistic" / theirs.name).write_bytes(theirs.read_bytes())
    assert registry.find("login.logistic", outside.version) is None
    for forged in (outside, msgspec.structs.replace(outside, signature="")):
        with pytest.raises(ModelError, match="not by this registry's key"):
            registry.load(forged)
    assert not proof.exists()
    # The bomb is one: whoever signed it and loads it has run it.
    with pytest.raises(ModelError, match="it holds a int and no scorer"):
        other.load(outside)
    assert proof.read_text().strip() == RAN


def test_names_that_lead_out_of_the_folder_are_refused(registry: Registry) -> None:
    signer = registry._shelf._signer
    for hash_ in ("../../etc/passwd", "/etc/passwd", "", "0" * 63, "0" * 64 + "\n"):
        with pytest.raises(ModelError, match="its version is no hash"):
            registry.load(signer.signed(manifest(weights=hash_, state="0" * 64)))
    with pytest.raises(ModelError, match="its version is no hash"):
        registry.load_state(signer.signed(manifest(weights="0" * 64, state="../signing.key")))
    for name in ("../login.logistic", "login/logistic", "..", "login", "", "login.logistic\n"):
        with pytest.raises(ModelError, match="its name is no file's"):
            registry.save(manifest(model=name), scorer(1), b"")
        assert registry.find(name, "0" * 32) is None
        assert list(registry.list(name)) == []


def test_figures_that_are_no_finite_numbers_are_not_stored(registry: Registry, folder: Path) -> None:
    with pytest.raises(ModelError, match="no finite number"):
        registry.save(manifest(figures=Figures(abuse=1, legit=1, auc=float("nan"))), scorer(1), b"")
    assert files(folder, "*/*") == []


def test_a_checkpoint_of_code_that_is_gone_is_a_model_error(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = registry.save(manifest(code="0.7"), Gone(), b"state")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"login\.logistic: it holds a Gone and no scorer"):
        registry.load(saved)
    monkeypatch.delattr(sys.modules[__name__], "Gone")
    with pytest.raises(ModelError, match=r"cannot read it \(AttributeError\): it was made with Weir 0\.7: install"):
        registry.load(saved)


def test_nothing_half_written_is_left_nor_met(registry: Registry, folder: Path, monkeypatch: Any) -> None:
    first = registry.save(manifest(), scorer(1), b"state")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(RegistryUnavailable, match="cannot be written: No space left on device"):
            registry.save(manifest(), scorer(2), b"other")
    assert files(folder, "**/.*") == []
    assert list(registry.list()) == [first]


def test_every_file_and_its_name_reach_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    LocalFolder(folder).write("weights/x", b"1")
    temporary, above = synced
    assert Path(temporary).parent == Path(above) == folder / "weights"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ModelError, match=r"registry folder .* cannot be made"):
            Registry(folder)


def test_asking_makes_no_registry(tmp_path: Path) -> None:
    assert Registry.existing(tmp_path / "none") is None
    assert Registry.existing(f"file://{tmp_path}/none") is None
    assert list(tmp_path.iterdir()) == []
    Registry(tmp_path / "some")
    assert Registry.existing(tmp_path / "some") is not None


def test_a_mark_is_no_manifest_and_the_other_way_round(registry: Registry) -> None:
    saved = registry.save(manifest(), scorer(1), b"state")
    with pytest.raises(ModelError, match="signature is not by"):
        registry._shelf._signer.verify_mark(Mark(saved, saved.signature))


def test_a_field_of_a_later_version_breaks_no_signature(registry: Registry) -> None:
    filled = manifest(inputs={"a": "b"}, figures=Figures(abuse=1, legit=2, auc=0.5))
    saved = registry.save(filled, scorer(1), b"state")
    encoded = msgspec.json.encode(saved)
    wider = msgspec.defstruct("Wider", [("more", int, 0)], bases=(Figures,), frozen=True, kw_only=True)
    fields: Any = [("further", dict[str, str], {}), ("figures", wider | None, None)]
    later = msgspec.defstruct("Later", fields, bases=(Manifest,), frozen=True, kw_only=True)
    for text in (encoded, encoded.replace(b'"auc":0.5', b'"auc":0.5,"more":0')):
        registry.verify(msgspec.json.decode(text, type=later))
    changed = encoded.replace(b'"auc":0.5', b'"auc":0.5,"more":1')
    with pytest.raises(ModelError, match="not by this registry's key"):
        registry.verify(msgspec.json.decode(changed, type=later))
