"""What a mail's text is cut into."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.encoded import decoded
from models.text.headers import subject_of
from models.text.letters import classes_of, codes_of
from models.text.reading import LONGEST_BODY, LONGEST_HEADERS, Reading, portions, read
from models.text.words import word_spans


def words(text: str) -> list[str]:
    starts, ends = word_spans(classes_of(codes_of(text)))
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def fields(reading: Reading) -> list[str]:
    names, ends = reading.fields.names.tolist(), reading.fields.name_ends.tolist()
    return [reading.text[start:end] for start, end in zip(names, ends, strict=True)]


def inside(reading: Reading) -> list[tuple[str, str]]:
    """Each word in a field with the field's name."""
    starts, ends = (places.take(reading.inside).tolist() for places in reading.words)
    named = fields(reading)
    return [
        (named[of], reading.text[start:end]) for of, start, end in zip(reading.of.tolist(), starts, ends, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", []),
        ("don't stop", ["don't", "stop"]),
        ("50% off!!", ["50", "%", "off", "!", "!"]),
        ("Grüße aus Köln", ["Grüße", "aus", "Köln"]),
        ("免费发票", ["免", "费", "发", "票"]),
        ("a免b", ["a", "免", "b"]),
        ("win 🎁🎁", ["win", "🎁", "🎁"]),
        ("a.b@c-d", ["a", "b", "c", "d"]),
    ],
)
def test_words_touch_letters_and_what_shouts_or_has_no_spaces_stands_alone(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_belongs_to_the_field_that_it_stands_in_and_names_to_none() -> None:
    reading = read([("From: Ada <ada@x.example>\nX-Note: one\n\ttwo\n", "three")])
    assert fields(reading) == ["", "From", "X-Note"]
    assert inside(reading) == [
        *(("From", word) for word in ("Ada", "ada", "x", "example")),
        ("X-Note", "one"),
        ("X-Note", "two"),
    ]


def test_what_is_no_field_belongs_to_the_field_before_or_to_none() -> None:
    reading = read([("lost words\nTo: ada\nnot a field: indeed\n: nameless\n", "")])
    assert fields(reading) == ["", "To"]
    assert {field for field, _ in inside(reading)} == {"To"}


def test_carriage_returns_hide_no_field() -> None:
    reading = read([("From: ada\r\nSubject: hi\r\n\tthere\r\n", "body")])
    assert fields(reading) == ["", "From", "Subject"]
    assert [word for field, word in inside(reading) if field == "Subject"] == ["hi", "there"]


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ("\nSubject: one\n\ttwo\nTo: x", " one\n\ttwo"),
        ("\nsUBJECT: small", " small"),
        ("\nX-Subject: no", ""),
        ("", ""),
        ("\nSubject:", ""),
        ("\nSubject: ends\n", " ends"),
    ],
)
def test_the_subject_is_found_with_its_folds(headers: str, subject: str) -> None:
    assert subject_of(headers) == subject


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Subject: =?utf-8?B?R3LDvMOfZQ==?=", "Subject: utf-8?b Grüße"),
        ("=?ISO-8859-1?Q?Gr=FC=DFe_an?=", "iso-8859-1?q Grüße an"),
        ("=?gb2312?B?w+K30Q?=", "gb2312?b 免费"),
        ("=?utf-8?B?a?=", "=?utf-8?B?a?="),
        ("=?nonsense?Q?abc?=", "=?nonsense?Q?abc?="),
        ("=?hex?Q?00?=", "=?hex?Q?00?="),
        ("=?unicode_escape?Q?=5Cd?=", "=?unicode_escape?Q?=5Cd?="),
        ("=?utf-8?Q?one=0Atwo?=", "utf-8?q one two"),
    ],
)
def test_encoded_words_are_written_out_and_broken_ones_stay(headers: str, expected: str) -> None:
    assert decoded(headers) == expected


def test_only_the_beginning_of_huge_texts_is_read() -> None:
    reading = read([("x" * 10**6, "y" * 10**6)])
    assert len(reading.text) < LONGEST_HEADERS + LONGEST_BODY + 10


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), max_size=30))
def test_portions_hold_all_texts_in_order_and_can_be_read(sizes: list[tuple[int, int]]) -> None:
    texts = [("h" * head, "b" * body) for head, body in sizes]
    found = portions(texts)
    assert [text for portion in found for text in portion] == texts
    for portion in found:
        assert len(read(portion).text) <= 1 << 16


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), min_size=1, max_size=4))
def test_any_texts_can_be_read_together(texts: list[tuple[str, str]]) -> None:
    reading = read(texts)
    starts, ends = reading.words
    assert (starts < ends).all()
    assert (np.diff(starts) > 0).all()
    assert len(reading.word_mails) == len(starts) - reading.first
    assert ((reading.word_mails >= 0) & (reading.word_mails < len(texts))).all()
