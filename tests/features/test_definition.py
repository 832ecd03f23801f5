"""What a feature's definition is: what it means, and neither how it is described nor what stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from features.aggregations import Count, Derived, Distinct, Elsewhere, LoginRisk, Part
from features.catalogue import Catalogue, catalogues
from features.entity import everyone
from features.kind import Account, Entity, Fields, Input, Ip, Kind
from features.kinds import load_kinds
from features.kinds.login import KIND as LOGIN
from features.source import source_digest

LETTERS = "abc"


class Visit(Fields, frozen=True, kw_only=True):
    account: Account
    ip: Ip | None = None
    country: str | None = None
    amount: int | None = None


def first(ip: str | None) -> str | None:
    return None if ip is None else ip.partition(".")[0]


def last(ip: str | None) -> str | None:
    return None if ip is None else ip.rpartition(".")[2]


def folded(value: str) -> str:
    return value.casefold()


def length(country: str) -> float:
    return len(country)


def length_squared(country: str) -> float:
    return len(country) ** 2


NETWORK, COUNTRY = Input("network", ("ip",), first), Input("place", ("country",), last)
FEATURES = (
    Count("account.visits", "visits", windows=("1h", "24h")),
    Count("account.abroad", "visits from elsewhere", windows=("1h",), where="place != 'at'"),
    Distinct("account.networks", "networks", of="network", windows=("1h",)),
    Count("net.visits", "visits from there", windows=("1h",)),
    LoginRisk("account.risk", "risk", groups=((Part("ip", 0.6, entity="net"), Part("country", 0.4)),)),
    Derived("visit.length", "letters", ("country",), length),
)
KIND = Kind(
    name="visit",
    fields=Visit,
    partition_key="account",
    inputs=(NETWORK, COUNTRY),
    entities=(Entity("account", "account"), Entity("net", "network"), Entity("everyone", "account", everyone)),
    features=FEATURES,
)
BEFORE = Catalogue(KIND).definitions


def changed(**changes: Any) -> set[str]:
    """The features whose definition is another one, or gone."""
    now = Catalogue(replace(KIND, **changes)).definitions
    return {name for name, digest in BEFORE.items() if now.get(name) != digest}


def with_feature(index: int, **changes: Any) -> tuple[Any, ...]:
    features: list[Any] = list(FEATURES)
    features[index] = replace(features[index], **changes)
    return tuple(features)


def with_entity(index: int, **changes: Any) -> tuple[Entity, ...]:
    entities = list(KIND.entities)
    entities[index] = replace(entities[index], **changes)
    return tuple(entities)


def test_every_feature_has_a_definition_of_its_own_and_it_is_the_same_every_time() -> None:
    for kind in (KIND, *load_kinds().values()):
        one, again = (Catalogue(kind, load_kinds()) for _ in range(2))
        assert tuple(one.definitions) == one.names
        assert one.definitions == again.definitions
        assert len(set(one.definitions.values())) == len(one.names)


def test_other_features_their_order_and_their_words_change_nothing() -> None:
    assert changed(features=FEATURES[::-1]) == set()
    assert changed(features=(Count("net.more", "more"), *FEATURES)) == set()
    assert changed(features=FEATURES[1:]) == {"account.visits_1h", "account.visits_24h"}
    assert changed(features=with_feature(0, sentence="said otherwise")) == set()
    assert changed(inputs=(*KIND.inputs, Input("other", ("ip",), last))) == set()
    assert changed(entities=(*KIND.entities, Entity("ip", "ip"))) == set()


@pytest.mark.parametrize(
    ("index", "change", "which"),
    [
        (0, {"windows": ("1h", "48h")}, {"account.visits_24h"}),
        (0, {"windows": ("2h", "24h")}, {"account.visits_1h"}),
        (0, {"where": "ip == '192.0.2.1'"}, {"account.visits_1h", "account.visits_24h"}),
        (1, {"where": "place != 'de'"}, {"account.abroad_1h"}),
        (1, {"where": "country != 'at'"}, {"account.abroad_1h"}),
        (2, {"of": "country"}, {"account.networks_1h"}),
        (2, {"cap": 17}, {"account.networks_1h"}),
        (5, {"by": length_squared}, {"visit.length"}),
        (5, {"default": 3}, {"visit.length"}),
    ],
)
def test_a_changed_window_condition_input_or_function_changes_that_feature_alone(
    index: int, change: dict[str, Any], which: set[str]
) -> None:
    assert changed(features=with_feature(index, **change)) == which


def test_an_input_that_is_made_otherwise_changes_what_reads_it_in_conditions_and_entities_too() -> None:
    read = {"account.networks_1h", "net.visits_1h", "account.risk_30d"}
    assert changed(inputs=(replace(NETWORK, by=last), COUNTRY)) == read & BEFORE.keys() | {
        name for name in BEFORE if name.startswith("account.risk")
    }
    assert changed(inputs=(NETWORK, replace(COUNTRY, by=first))) == {"account.abroad_1h"}
    assert changed(inputs=(NETWORK, replace(COUNTRY, of=("ip",)))) == {"account.abroad_1h"}


def test_an_entity_that_is_made_otherwise_changes_what_is_told_of_it() -> None:
    of_net = {"net.visits_1h", *(name for name in BEFORE if name.startswith("account.risk"))}
    assert changed(entities=with_entity(1, by=folded)) == of_net
    assert changed(entities=with_entity(1, of="ip")) == of_net
    assert changed(entities=with_entity(1, horizon="20d")) == of_net
    assert "account.visits_1h" in changed(entities=with_entity(0, by=folded))
    assert "net.visits_1h" not in changed(entities=with_entity(0, by=folded))


OTHER = Kind(
    name="sale",
    fields=Visit,
    partition_key="account",
    entities=(Entity("account", "account"),),
    features=(
        Elsewhere("account.visited", "visits", kind="visit", feature="account.visits_24h"),
        Elsewhere("account.abroad", "from elsewhere", kind="visit", feature="account.abroad_1h"),
    ),
)


def elsewhere(**changes: Any) -> set[str]:
    before, now = (catalogues([OTHER, kind])["sale"].definitions for kind in (KIND, replace(KIND, **changes)))
    return {name for name, digest in before.items() if now.get(name) != digest}


def test_what_is_read_elsewhere_is_defined_there() -> None:
    assert elsewhere(features=FEATURES[::-1]) == set()
    assert elsewhere(features=with_feature(0, windows=("30m", "24h"))) == set()
    assert elsewhere(features=with_feature(1, where="place != 'de'")) == {"account.abroad"}
    assert elsewhere(inputs=(NETWORK, replace(COUNTRY, by=first))) == {"account.abroad"}
    assert elsewhere(entities=with_entity(0, by=folded)) == {"account.visited", "account.abroad"}
    here = replace(OTHER, entities=(Entity("account", "account", folded),))
    before, now = (catalogues([kind, KIND])["sale"].definitions for kind in (OTHER, here))
    assert all(before[name] != now[name] for name in before)


def test_shipped_features_keep_their_definition_when_another_is_taken_out() -> None:
    kinds = load_kinds()
    before = Catalogue(LOGIN, kinds).definitions
    for index in range(0, len(LOGIN.features), 5):
        rest = LOGIN.features[:index] + LOGIN.features[index + 1 :]
        now = Catalogue(replace(LOGIN, features=rest), kinds).definitions
        assert now == {name: digest for name, digest in before.items() if name in now}


def made(source: str, name: str, folder: Any) -> Callable[..., Any]:
    """The function of that name, from a file with this text."""
    path = folder / f"{abs(hash(source))}.py"
    path.write_text(source)
    space: dict[str, Any] = {"__name__": "some.module"}
    exec(compile(source, str(path), "exec"), space)
    found: Callable[..., Any] = space[name]
    return found


HELPED = (
    'WORDS = ("a", "b")\ndef helper(x):\n    return x + 1\ndef by(x):\n    return helper(x) if x in WORDS else 0\n'
)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("def by(x):", 'def by(x):\n    """What it is."""', True),
        ("    return helper(x) if", "    # why\n    return  helper( x ) if", True),
        ("def helper", "unused = 1\ndef helper", True),
        ("x + 1", "x + 2", False),
        ('("a", "b")', '("a", "c")', False),
        ("else 0", "else 1", False),
    ],
)
def test_a_functions_code_counts_and_that_of_what_it_calls_but_neither_comments_nor_layout(
    old: str, new: str, same: bool, tmp_path: Any
) -> None:
    before, after = (
        source_digest(made(HELPED, "by", tmp_path)),
        source_digest(made(HELPED.replace(old, new), "by", tmp_path)),
    )
    assert (before == after) is same


def test_what_a_function_closes_over_counts_and_what_is_built_in_is_told_by_its_name() -> None:
    def above(limit: int) -> Callable[[int], bool]:
        return lambda value: value > limit

    assert source_digest(above(3)) == source_digest(above(3)) != source_digest(above(4))
    assert source_digest(str.lower) != source_digest(str.upper)
    assert source_digest(len) == source_digest(len)
