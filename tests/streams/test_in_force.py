"""What judges at the moment follows the control topic; what cannot be used is refused, and the old one stays."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.events import KINDS

from features.catalogue import catalogues
from models.registry import Manifest, Registry
from models.scorers import Batch, Logistic
from models.served import UNTRAINED
from streams import metrics
from streams.agents.judging import InForce
from streams.in_force import InForceBook
from streams.settings import Settings

CATALOGUES = catalogues(list(KINDS.values()))
MODEL = "login.logistic"
FEATURE = "account.failures_1h"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


@pytest.fixture
def book(tmp_path: Path) -> InForceBook:
    return InForceBook(Settings(registry=str(tmp_path)), CATALOGUES)


def checkpoint(registry: Registry, name: str = MODEL, kind: str = "login", digest: str | None = None) -> Manifest:
    scorer = Logistic((FEATURE,), 1)
    scorer.learn(Batch.of((FEATURE,), [(1.0,)]), [True])
    login = CATALOGUES["login"]
    inputs = {FEATURE: login.definitions[FEATURE] if digest is None else digest}
    empty = Manifest(model=name, kind=kind, schema=login.schema, inputs=inputs, learned=1, made_ms=5000)
    return registry.save(empty, scorer, b"state")


def tell(book: InForceBook, manifest: Manifest) -> None:
    book.on_control(f"model/{manifest.model}", msgspec.json.encode(manifest))


def versions(now: InForce) -> dict[str, str]:
    return {model.name: model.version for model in now.models}


def champion(now: InForce) -> list[str]:
    return [model.name for model in now.models if model.role == "champion"]


def test_without_control_the_untrained_models_that_ship_are_in_force(book: InForceBook) -> None:
    for kind in KINDS:
        assert set(versions(book.now(kind)).values()) == {UNTRAINED}
        assert champion(book.now(kind)) == ["mail.stack" if kind == "mail" else f"{kind}.logistic"]


def test_a_checkpoint_is_in_force_once_it_is_announced_and_for_its_kind_alone(
    book: InForceBook, registry: Registry
) -> None:
    manifest = checkpoint(registry)
    before, mail = book.now("login"), book.now("mail")
    tell(book, manifest)
    assert versions(book.now("login"))[MODEL] == manifest.version
    assert versions(before)[MODEL] == UNTRAINED
    assert book.now("mail") is mail
    assert book.now("login").bundle is before.bundle
    assert metrics.MODEL_CHECKPOINT_TIME.labels(MODEL)._value.get() == 5


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"\xff", b'{"model":"login.logistic"}', b'{"model":7}', b"9" * 1000]
)
def test_a_value_that_is_no_manifest_is_counted_and_changes_nothing(book: InForceBook, value: bytes) -> None:
    before, faults = book.now("login"), metrics.MODEL_FAULTS.labels(MODEL)._value.get()
    book.on_control(f"model/{MODEL}", value)
    assert book.now("login") is before
    assert metrics.MODEL_FAULTS.labels(MODEL)._value.get() == faults + 1


def test_a_checkpoint_for_other_features_or_with_altered_bytes_or_by_another_is_refused(
    book: InForceBook, registry: Registry, tmp_path: Path
) -> None:
    good = checkpoint(registry)
    tell(book, good)
    before = book.now("login")
    tell(book, checkpoint(registry, digest="another"))
    tell(book, msgspec.structs.replace(good, learned=10**6))
    tell(book, checkpoint(Registry(tmp_path / "foreign")))
    (tmp_path / "weights" / f"{good.weights}.pickle").write_bytes(b"")
    tell(book, good)
    assert book.now("login") is before


def test_keys_and_kinds_that_are_unknown_here_are_passed_over(book: InForceBook, registry: Registry) -> None:
    before = {kind: book.now(kind) for kind in KINDS}
    tell(book, checkpoint(registry, "transfer.logistic", "transfer"))
    for key in ("bundle/1", "list/x", "champion/transfer", "", "model", "champion"):
        book.on_control(key, b"{}")
    assert {kind: book.now(kind) for kind in KINDS} == before


def test_a_promoted_model_is_the_champion_also_after_its_next_checkpoint(
    book: InForceBook, registry: Registry
) -> None:
    book.on_control("champion/login", b"login.halfspace")
    assert champion(book.now("login")) == ["login.halfspace"]
    tell(book, checkpoint(registry))
    assert champion(book.now("login")) == ["login.halfspace"]
    assert champion(book.now("mail")) == ["mail.stack"]
