"""Texts, names, agents and moments as numbers: what is high for whom, and total on whatever somebody types."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import shape

HOUR_MS = 3_600_000
# Saturday, 2026-11-21, 05:00 UTC.
T0 = 1_795_237_200_000


@given(st.text())
def test_every_number_about_a_text_is_within_its_range(text: str) -> None:
    assert 0 <= shape.entropy_bits(text) <= 21
    for share in (shape.digit_share, shape.upper_share, shape.mark_share, shape.local_digit_share):
        assert 0 <= share(text) <= 1
    for count in (shape.longest_digits, shape.longest_consonants, shape.alternations, shape.length):
        assert 0 <= count(text) <= len(text)
    for yes_or_no in (shape.is_disguised, shape.is_tagged, shape.empty):
        assert yes_or_no(text) in (0, 1)
    assert len(shape.name_pattern(text) or "") <= min(64, len(text))


@given(st.text(), st.none() | st.text())
def test_likeness_lies_between_nothing_and_all(name: str, address: str | None) -> None:
    assert 0 <= shape.likeness(name, address) <= 1


@given(st.text(alphabet="ab1 ", max_size=4096))
def test_a_long_text_of_few_letters_is_a_text_like_any_other(text: str) -> None:
    assert 0 <= shape.alternations(text * 10) <= len(text) * 10


def test_entropy_is_shannons_in_bits_a_character() -> None:
    assert shape.entropy_bits("") == 0
    assert shape.entropy_bits("aaaa") == 0
    assert shape.entropy_bits("abcd") == 2
    assert shape.entropy_bits("aab") == pytest.approx(math.log2(3) - 2 / 3)


@pytest.mark.parametrize(
    ("text", "digits", "upper", "marks"),
    [("", 0, 0, 0), ("ada84", 0.4, 0, 0), ("ADA lake", 0, 3 / 7, 0), ("W!N €5", 1 / 6, 1, 2 / 6), ("٣٤", 1, 0, 0)],
)
def test_shares_are_of_characters_and_of_letters(text: str, digits: float, upper: float, marks: float) -> None:
    assert shape.digit_share(text) == pytest.approx(digits)
    assert shape.upper_share(text) == pytest.approx(upper)
    assert shape.mark_share(text) == pytest.approx(marks)


@pytest.mark.parametrize(
    ("name", "digits", "consonants", "alternations"),
    [
        ("amber.lake", 0, 2, 0),
        ("ada1984", 4, 1, 1),
        ("angstschweiss", 0, 8, 0),
        ("x7k2p9wq", 1, 2, 6),
        ("kzqtrwb", 0, 7, 0),
        ("", 0, 0, 0),
    ],
)
def test_made_up_names_stand_out(name: str, digits: int, consonants: int, alternations: int) -> None:
    assert shape.longest_digits(name) == digits
    assert shape.longest_consonants(name) == consonants
    assert shape.alternations(name) == alternations


@pytest.mark.parametrize("text", ["pay\u200bpal", "p\u0430ypal", "\u202egnp.exe", "αdmin"])
def test_a_disguised_word_is_found(text: str) -> None:
    assert shape.is_disguised(text) == 1


@pytest.mark.parametrize("text", ["paypal", "привет Ada", "naïve café", "日本 Ada", "α beta", "👨‍🚀 up"])
def test_texts_in_one_script_a_word_are_no_disguise(text: str) -> None:
    assert shape.is_disguised(text) == 0


def test_a_pattern_keeps_what_generated_names_share() -> None:
    assert shape.name_pattern("Ada.Lake84") == shape.name_pattern("Grace.Moor7") == "A.A9"
    assert shape.name_pattern("a  b\tc") == "A A A"
    assert shape.name_pattern("...") == "..."
    assert shape.name_pattern("") is shape.name_pattern(None) is None


def test_an_address_resembles_its_owners_name_and_not_a_strangers() -> None:
    assert shape.likeness("ada.lake", "ada.lake@mail.example") == 1
    assert shape.likeness("Ada.Lake", "adalake7@mail.example") > 0.5
    assert shape.likeness("ada.lake", "xq7zz@mail.example") == 0
    assert shape.likeness("ada.lake", None) == 0
    assert shape.likeness("a", "a@b") == 0


def test_a_plus_tag_counts_only_before_the_at_sign() -> None:
    assert shape.is_tagged("ada+7@mail.example") == 1
    assert shape.is_tagged("ada@mail+7.example") == 0
    assert shape.local_digit_share("ada12@mail99.example") == 0.4


def test_a_program_and_a_telephone_are_told_from_a_desk() -> None:
    kinds = ("desktop", "mobile", "tablet", "bot", "other", "")
    assert [kind for kind in kinds if shape.is_program(kind)] == ["bot"]
    assert [kind for kind in kinds if shape.is_handheld(kind)] == ["mobile", "tablet"]


def test_hours_are_counted_from_monday_midnight() -> None:
    assert shape.hour_of_week(T0) == 5 * 24 + 5
    assert shape.hour_of_week(T0 + 43 * HOUR_MS) == 0
    assert shape.hour_of_week(T0 + 43 * HOUR_MS - 1) == 167


def test_night_is_where_the_actor_is() -> None:
    assert shape.is_night(T0) == 0
    assert shape.is_night(T0 - 1) == 1
    assert shape.is_night(T0, longitude=-74) == 1
    assert shape.is_night(T0 + 12 * HOUR_MS, longitude=139.7) == 1
    assert shape.is_night(T0, longitude=0) == 0


@given(st.integers(-(2**45), 2**45), st.none() | st.floats(-180, 180))
def test_every_moment_has_its_hour(time_ms: int, longitude: float | None) -> None:
    assert 0 <= shape.hour_of_week(time_ms) <= 167
    assert shape.is_night(time_ms, longitude) in (0, 1)


def test_values_are_numbers_as_they_are() -> None:
    assert shape.amount(2) == 2.0
    assert (shape.flag(True), shape.flag(False)) == (1, 0)
    assert shape.kilobytes(1500) == 1.5
    assert (shape.empty(""), shape.empty("x"), shape.empty([])) == (1, 0, 1)
    assert shape.length(["a", "b"]) == 2
