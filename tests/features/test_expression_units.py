"""Units: how they are known, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from support.events import KINDS

from features.expression.types import field_names
from features.expression.units import in_words, product, unit_of
from features.kind import Fields, number


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("account.age_s", "s"), ("form_seconds", "s"), ("rtt_ms", "ms"), ("distance_km", "km"), ("speed_kmh", "km/h"),
        ("size_bytes", "B"), ("size_kb", "kB"), ("ip.failure_share_24h", "share"), ("subject_upper_share", "share"),
        ("account.bytes_24h", "B"), ("latitude", "deg"), ("ip.logins_24h", "1"), ("ip.logins_30s", "1"), ("s", "1"),
        ("accounts", "1"), ("account.s_24h", "1"), ("shares", "1"), ("kms", "1"), ("asn", "1"),
    ],
)  # fmt: skip
def test_a_names_end_less_its_window_tells_the_unit(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_a_declared_unit_wins_unless_it_is_the_plain_one() -> None:
    assert unit_of("size_kb", "B") == "B"
    assert unit_of("size_kb", "1") == "kB"


def test_a_field_may_declare_its_unit_in_its_metadata() -> None:
    class Parcel(Fields, frozen=True, kw_only=True):
        weight: Annotated[float, msgspec.Meta(ge=0, extra={"unit": "kg"})] | None = None
        height: Annotated[int, number(least=0, most=300)]
        label_bytes: str

    names = field_names(Parcel)
    assert (names["weight"].unit, names["weight"].least, names["weight"].most) == ("kg", 0, None)
    assert (names["height"].unit, names["height"].most, names["height"].whole) == ("1", 300, True)
    assert names["label_bytes"].unit == "1"
    assert in_words("kg") == "kg"


def test_a_product_with_a_plain_number_or_a_share_keeps_the_unit() -> None:
    assert product("s", None) == product(None, "s") == product("s", "1") == product("share", "s") == "s"
    assert product("share", "1") == "1"
    assert product("share", "share") == "share"
    assert product("s", "km") == product("km", "s") == "km·s"
    assert product("km·s", "s") == "km·s·s"


def test_the_choices_of_a_field_are_those_of_its_type_and_an_empty_one_counts_as_missing() -> None:
    assert field_names(KINDS["login"].fields)["method"].choices == (
        "password", "passkey", "otp", "oauth", "app_password", "recovery"
    )  # fmt: skip
    assert field_names(KINDS["mail"].fields)["direction"].choices == ("inbound", "outbound")
    assert field_names(KINDS["login"].fields)["country"].choices is None
