"""``weir models promote`` and ``rollback`` where records are broken, versions gone, or somebody else was quicker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.control import Control, control_topic
from support.serving import checkpoint

from models.registry import Manifest, Registry
from streams.champions import Champion, Promotion, champion_key, decode_history, history_key
from streams.cli.models.known import known
from streams.cli.models.list_ import list_
from streams.cli.models.promote import promote
from streams.cli.models.rollback import rollback
from streams.promotion import PromotionError, Standing, crown, standing_of, way_back

KEY, HISTORY = champion_key("login"), history_key("login")
A, B, C = (Champion(f"login.{name}") for name in ("a", "b", "c"))


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with control_topic() as control:
        control.env["WEIR_REGISTRY"] = str(tmp_path / "registry")
        yield control


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def told(control: Control, *manifests: Manifest) -> None:
    control.set({f"model/{one.model}": msgspec.json.encode(one) for one in manifests})


def promotion(champion: Champion, replaced: Champion, *, back: bool = False) -> Promotion:
    return Promotion(champion=champion, replaced=replaced, at_ms=1, by="t", rollback=back)


def standing(champion: Champion, *history: Promotion) -> Standing:
    return Standing(kind="login", champion=champion, history=history, seen=(None, None))


def test_each_rollback_goes_a_step_further_back_and_never_to_the_champion_itself() -> None:
    promoted = (promotion(C, B), promotion(B, A))
    assert way_back(standing(C, *promoted)) == B
    assert way_back(standing(B, promotion(B, C, back=True), *promoted)) == A
    assert way_back(standing(A, promotion(A, B, back=True), promotion(B, C, back=True), *promoted)) is None
    # Somebody went two steps at once, by name.
    assert way_back(standing(A, promotion(A, C, back=True), *promoted)) is None


@pytest.mark.parametrize("value", [b"nonsense", b"", b"\xff", b"[" * 100_000, b"login.logistic@7"])
def test_records_that_cannot_be_read_are_told_and_mended_by_the_next_promotion(
    control: Control, registry: Registry, value: bytes
) -> None:
    told(control, checkpoint(registry, "login.logistic", 4))
    control.set({KEY: value, HISTORY: value})
    assert len(standing_of("login", control.now(), "login.logistic").wrong) == 2
    assert "cannot be read" in control.ok(list_, "--kind", "login")
    said = control.ok(promote, "login.logistic", "--force", "--author", "ada")
    assert "cannot be read" in said
    now = standing_of("login", control.now(), "login.logistic")
    assert (now.champion, now.wrong, len(now.history)) == (Champion("login.logistic"), (), 1)


def test_a_checkpoint_under_another_models_name_is_nobodys_newest(control: Control, registry: Registry) -> None:
    old = checkpoint(registry, "login.logistic", 4)
    control.set({"model/login.halfspace": msgspec.json.encode(old), "model/login.logistic": b"[" * 100_000})
    assert "no checkpoint yet" in control.refused(promote, "login.halfspace", "--force")
    assert "no checkpoint yet" in control.refused(promote, "login.logistic", "--force")


def test_a_version_that_was_pruned_is_no_way_back_and_the_words_say_what_to_do(
    control: Control, registry: Registry, tmp_path: Path
) -> None:
    old, new = checkpoint(registry, "login.logistic", 4), checkpoint(registry, "login.logistic", 9)
    told(control, new)
    control.ok(promote, f"login.logistic@{old.version}", "--force", "--author", "ada")
    control.ok(promote, "login.logistic", "--force", "--author", "ada")
    for path in (tmp_path / "registry").rglob(f"*{old.version}*"):
        path.unlink()
    before = control.now()
    assert "say with --to" in control.refused(rollback, "--kind", "login", "--author", "ada")
    assert control.now() == before
    control.ok(rollback, "--kind", "login", "--to", f"login.logistic@{new.version}", "--author", "ada")
    assert control.now()[KEY] == f"login.logistic@{new.version}".encode()


def test_a_version_is_found_without_reading_the_manifests_of_others(
    control: Control, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [checkpoint(registry, "login.logistic", examples) for examples in range(4, 14)]
    monkeypatch.setenv("WEIR_KAFKA", control.settings.kafka)
    monkeypatch.setenv("WEIR_REGISTRY", control.env["WEIR_REGISTRY"])
    read: list[str] = []
    now = known(control.settings.model_copy(update={"registry": control.env["WEIR_REGISTRY"]}))
    store = now.registry._store
    monkeypatch.setattr(store, "read", lambda name, read=read, real=store.read: (read.append(name), real(name))[1])
    assert now.found(f"login.logistic@{made[3].version[:8]}")[1] == made[3]
    assert len(read) == 1


def test_with_the_registry_away_nothing_is_promoted_and_the_words_say_so(control: Control, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    told(control, checkpoint(registry, "login.logistic", 4))
    (tmp_path / "registry" / "models").rename(tmp_path / "gone")
    (tmp_path / "registry" / "models").write_text("")
    before = control.now()
    assert "login.logistic" in control.refused(promote, "login.logistic@0000", "--force", "--author", "ada")
    assert control.now() == before


def test_of_two_who_change_a_champion_the_second_is_told_also_when_the_champion_is_what_it_was(
    control: Control, registry: Registry
) -> None:
    told(control, checkpoint(registry, "login.logistic", 4), checkpoint(registry, "login.halfspace", 4))
    control.ok(promote, "login.logistic", "--force", "--author", "ada", "--dry-run")
    before = standing_of("login", control.now(), "login.logistic")
    control.ok(promote, "login.halfspace", "--force", "--author", "ada")
    control.ok(rollback, "--kind", "login", "--to", "login.logistic", "--author", "ada")
    away = standing_of("login", control.now(), "login.logistic")
    control.ok(promote, "login.halfspace", "--force", "--author", "ada")
    control.ok(rollback, "--kind", "login", "--to", "login.logistic", "--author", "ada")
    for seen in (before, away):
        with pytest.raises(PromotionError, match="somebody else changed the champion"):
            crown(control.settings, seen, promotion(Champion("login.halfspace"), seen.champion))
    assert len(decode_history(control.now()[HISTORY])) == 4
