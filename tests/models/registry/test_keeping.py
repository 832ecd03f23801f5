"""Versions are kept for a time, the newest states to go on from, promoted ones for good; nothing else piles up."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from support.checkpoints import manifest, scorer

from models.errors import ModelError
from models.registry import Registry

HOUR_MS = 3_600_000


def names(folder: Path, pattern: str) -> set[str]:
    return {path.name for path in folder.glob(pattern)}


def test_versions_stay_for_a_time_states_of_the_newest_five_and_what_they_share(
    registry: Registry, folder: Path
) -> None:
    saved = [registry.save(manifest(n), scorer(n), b"shared" if n in (0, 8) else b"%d" % n) for n in range(9)]
    other = registry.save(manifest(0, "mail.logistic"), scorer(1), b"2")
    registry.prune(before_ms=2)
    for one in saved[2:]:
        found = registry.find(one.model, one.version)
        assert found is not None
        assert registry.load(found).learned in range(2, 9)
    for one in saved[4:]:
        assert registry.load_state(one)
    assert [registry.find(one.model, one.version) for one in saved[:2]] == [None, None]
    # Another model's newest checkpoint stays, however old it is: it shares its weights with one that went.
    assert registry.load(other).learned == 1
    assert registry.load_state(other) == b"2"
    assert len(names(folder, "models/login.logistic/*.json")) == 7
    assert len(names(folder, "weights/*")) == 8
    assert names(folder, "states/*") == {f"{one.state}.state" for one in [*saved[4:], other]}
    registry.prune(before_ms=2)
    assert len(names(folder, "weights/*")) == 8


def test_checkpoints_that_follow_one_another_keep_their_order_whatever_the_disk_says(
    registry: Registry, folder: Path
) -> None:
    for made_ms in (999, 10_000, 1_700_000_000_000, 5):
        registry.save(manifest(made_ms), scorer(1), b"%d" % made_ms)
    for path in folder.glob("models/*/*"):
        os.utime(path, (0, 0))
    assert [one.made_ms for one in registry.list("login.logistic")] == [1_700_000_000_000, 10_000, 999, 5]
    assert [one.made_ms for one in registry.list("login.logistic", newest=1)] == [1_700_000_000_000]


def test_one_version_with_several_states_is_found_with_its_newest(registry: Registry) -> None:
    old, new = (registry.save(manifest(n), scorer(1), b"%d" % n) for n in (1, 2))
    assert old.version == new.version
    assert registry.find("login.logistic", old.version) == new
    assert registry.load_state(old) == b"1"


def test_versions_are_told_by_how_they_begin_without_reading_manifests(registry: Registry, folder: Path) -> None:
    saved = [registry.save(manifest(n), scorer(n), b"%d" % n) for n in range(8)]
    again = registry.save(manifest(9), scorer(2), b"once more")
    registry.keep("login.logistic", saved[0].version)
    registry.prune(before_ms=100)
    for path in folder.glob("models/*/*"):
        path.write_bytes(b"")
    assert again.version == saved[2].version
    assert registry.versions("login.logistic") == [saved[n].version for n in (2, 7, 6, 5, 4, 0)]
    assert registry.versions("login.logistic", saved[7].version[:20]) == [saved[7].version]
    assert registry.versions("login.logistic", "none") == registry.versions("login.other") == []


def test_the_promoted_stay_for_good_also_when_their_manifests_file_is_lost(registry: Registry, folder: Path) -> None:
    saved = [registry.save(manifest(n), scorer(n), b"%d" % n) for n in range(12)]
    assert registry.keep("login.logistic", saved[1].version) == saved[1]
    registry.keep("login.logistic", saved[1].version)
    registry.prune(before_ms=100 * HOUR_MS)
    assert [one.made_ms for one in registry.list()] == [11, 10, 9, 8, 7, 1]
    assert list(registry.kept("login.logistic")) == [saved[1]]
    for path in folder.glob(f"models/*/*{saved[1].version}*"):
        path.unlink()
    registry.prune(before_ms=100 * HOUR_MS)
    found = registry.find("login.logistic", saved[1].version)
    assert found == saved[1]
    assert registry.load(found).learned == 1
    assert registry.list()[-1] == saved[1]


def test_with_a_stack_all_that_it_stacks_is_kept(registry: Registry) -> None:
    below = registry.save(manifest(0), scorer(1), b"below")
    stack = registry.save(manifest(0, "login.stack", stacked={below.model: below.version}), scorer(20), b"stack")
    for number in range(2, 9):
        registry.save(manifest(number), scorer(number), b"%d" % number)
        registry.save(manifest(number, "login.stack"), scorer(number), b"%d" % number)
    registry.keep("login.stack", stack.version)
    registry.prune(before_ms=100)
    for one in (stack, below):
        assert registry.load(one).learned in (1, 20)


def test_a_stack_of_a_model_that_had_learned_nothing_is_kept_and_carried_without_it(
    registry: Registry, tmp_path: Path
) -> None:
    stack = registry.save(manifest(0, "login.stack", stacked={"login.logistic": "untrained"}), scorer(20), b"stack")
    assert registry.keep("login.stack", stack.version) == stack
    registry.export(stack, tmp_path / "stack.zip")
    other = Registry(tmp_path / "other")
    (folder,) = {path.parent for path in tmp_path.rglob("signing.key")} - {tmp_path / "other"}
    assert other.import_archive(tmp_path / "stack.zip", folder / "signing.key").stacked == stack.stacked


def test_what_is_not_there_whole_cannot_be_kept(registry: Registry, folder: Path) -> None:
    with pytest.raises(ModelError, match=r"has no login\.logistic@0{32}: `weir models list`"):
        registry.keep("login.logistic", "0" * 32)
    saved = registry.save(manifest(1), scorer(1), b"state")
    for path in folder.glob("weights/*"):
        path.unlink()
    with pytest.raises(ModelError, match="is gone"):
        registry.keep("login.logistic", saved.version)
    assert list(registry.kept("login.logistic")) == []


def test_a_mark_that_the_key_has_not_signed_keeps_nothing_and_is_told(
    registry: Registry, folder: Path, tmp_path: Path
) -> None:
    other = Registry(tmp_path / "other")
    theirs = other.save(manifest(1), scorer(1), b"state")
    other.keep("login.logistic", theirs.version)
    saved = [registry.save(manifest(n), scorer(n), b"%d" % n) for n in range(1, 9)]
    mark = (tmp_path / "other" / "kept" / "login.logistic" / f"{theirs.version}.json").read_bytes()
    kept = folder / "kept" / "login.logistic"
    kept.mkdir(parents=True)
    unsigned = msgspec.json.encode({"manifest": saved[1], "signature": saved[1].signature})
    for version, content in ((theirs.version, mark), (saved[1].version, unsigned), (saved[2].version, b"{")):
        (kept / f"{version}.json").write_bytes(content)
    registry.keep("login.logistic", saved[0].version)
    (kept / f"{saved[3].version}.json").write_bytes((kept / f"{saved[0].version}.json").read_bytes())
    (kept / "readme").write_text("hello")
    assert list(registry.kept("login.logistic")) == [saved[0]]
    told = {name.rpartition("/")[2].removesuffix(".json") for name in registry.passed_over}
    assert told == {one.version for one in saved[1:4]} | {"readme"} | {theirs.version} - {saved[0].version}
    registry.prune(before_ms=100)
    assert [one.made_ms for one in registry.list()] == [8, 7, 6, 5, 4, 1]


def test_what_a_killed_process_left_behind_goes_in_time_and_what_is_just_being_written_stays(
    registry: Registry, folder: Path
) -> None:
    registry.save(manifest(1), scorer(1), b"state")
    left = [
        folder / "weights" / f"{'0' * 64}.pickle",
        folder / "states" / ".f00",
        folder / "models/login.logistic/.ba",
    ]
    for path in left:
        path.write_bytes(b"half")
    now_ms = int(left[0].stat().st_mtime * 1000)
    registry.prune(before_ms=now_ms + HOUR_MS // 2)
    assert all(path.exists() for path in left)
    registry.prune(before_ms=now_ms + 2 * HOUR_MS)
    assert not any(path.exists() for path in left)
    assert registry.load(registry.list()[0]).learned == 1


def test_strangers_in_the_folder_are_neither_read_nor_deleted(registry: Registry, folder: Path) -> None:
    saved = registry.save(manifest(1), scorer(1), b"state")
    (folder / "models" / "login.logistic" / "README").write_text("mine")
    (folder / "models" / "not-a-model").mkdir()
    (folder / "models" / "not-a-model" / "x.json").write_text("mine")
    (folder / "notes").write_text("mine")
    directory = folder / "models" / "login.logistic" / f"7-{'0' * 32}-{'0' * 64}-none.json"
    directory.mkdir()
    assert list(registry.list()) == [saved]
    assert registry.find("login.logistic", "0" * 32) is None
    directory.rmdir()
    registry.prune(before_ms=100 * HOUR_MS)
    assert names(folder, "models/*/*") == {"README", "x.json", *names(folder, "models/login.logistic/*.json")}
    assert (folder / "notes").exists()
    assert registry.passed_over.keys() == {"models/login.logistic/README"}
