"""A model is refused, in words, when one of its inputs means something else now; all else may come and go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from features.aggregations import Count, Derived
from features.catalogue import Catalogue
from features.kinds import load_kinds
from features.kinds.login import KIND
from models.errors import ModelError
from models.registry import Manifest, refuse

KINDS = load_kinds()


def hour(time_ms: int) -> float:
    return time_ms / 7_200_000 % 24


def catalogue(**changes: Any) -> Catalogue:
    return Catalogue(replace(KIND, **changes), KINDS)


def manifest(read: tuple[str, ...]) -> Manifest:
    known = catalogue().definitions
    return Manifest(
        model="login.mine", kind="login", schema="s", learned=1, made_ms=1, version="ab12",
        inputs={name: known[name] for name in read},
    )  # fmt: skip


def features(**changes: dict[str, Any] | None) -> tuple[Any, ...]:
    """The kind's features; those that are named by their measure are changed, or taken out where None stands."""
    kept = []
    for one in KIND.features:
        change = changes.get(one.name.replace(".", "_"), {})
        if change is not None:
            kept.append(replace(one, **change))
    return tuple(kept)


def test_a_model_is_taken_while_its_inputs_mean_what_they_meant() -> None:
    read = [name for name in catalogue().names if name.startswith("account.")]
    mine = manifest(tuple(read))
    refuse(mine, catalogue())
    refuse(mine, catalogue(features=KIND.features[::-1]))
    refuse(mine, catalogue(features=(Count("ip.more", "more"), *KIND.features)))
    refuse(mine, catalogue(features=features(asn_logins=None, account_logins={"sentence": "other words"})))
    others_changed = {
        one.name.replace(".", "_"): None for one in KIND.features if not one.name.startswith("account.")
    }
    refuse(mine, catalogue(features=features(**others_changed)))
    assert catalogue(features=features(**others_changed)).schema != catalogue().schema


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"account_failures": {"where": "not success and missing(country)"}},
            "'account.failures_1h' is defined other",
        ),
        ({"account_failures": {"windows": ("10m", "24h")}}, "'account.failures_1h' is no feature of kind login any"),
        ({"account_failures": None}, "'account.failures_1h' is no feature of kind login any more"),
        ({"account_logins": {"where": "success"}}, "'account.logins_1h' is defined otherwise"),
    ],
)
def test_a_model_is_refused_when_an_input_of_its_changed_or_is_gone(changes: dict[str, Any], words: str) -> None:
    mine = manifest(("account.logins_1h", "account.failures_1h"))
    with pytest.raises(
        ModelError, match=rf"login\.mine@ab12 is refused: its input {words}.*bring the old definition"
    ):
        refuse(mine, catalogue(features=features(**changes)))


def test_a_model_is_refused_when_a_function_behind_its_input_changed() -> None:
    (name,) = (one.name for one in KIND.features if isinstance(one, Derived) and one.of == ("time_ms",))
    mine = manifest((name,))
    with pytest.raises(ModelError, match=f"its input '{name}' is defined otherwise than when it learned"):
        refuse(mine, catalogue(features=features(**{name.replace(".", "_"): {"by": hour}})))


def test_many_changed_inputs_are_counted_and_not_all_named() -> None:
    mine = manifest(catalogue().names)
    gone = features(**{one.name.replace(".", "_"): None for one in KIND.features[:-1]})
    with pytest.raises(ModelError, match=r"'account\.logins_10m' is no .* any more and \d+ more: bring"):
        refuse(mine, catalogue(features=gone))


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="is of kind 'login', and was offered for 'mail'"):
        refuse(manifest(()), Catalogue(KINDS["mail"], KINDS))
