"""A mail's hashed features, and what they are called."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.text.features import FAMILIES, KEY_BITS, MAIL_BIT, all_keys, features_of, is_header
from models.text.hashing import mix, prefix_sums, span_hashes
from models.text.naming import names_of
from models.text.reading import read

MAIL = ("From: Ada <ada@x.example>\nSubject: Cheap WATCHES\n", "Buy cheap watches now!! http://shop.example/?a=12")
TEXTS = st.tuples(st.text(max_size=60) | st.just(MAIL[0]), st.text(max_size=60) | st.just(MAIL[1]))


def keys(texts: list[tuple[str, str]]) -> list[list[int]]:
    """Of each text, without the number of its mail."""
    found: list[list[int]] = []
    for features in features_of(texts):
        mails: list[list[int]] = [[] for _ in range(features.size)]
        for key in features.keys.tolist():
            mails[key >> MAIL_BIT].append(key & ((1 << MAIL_BIT) - 1))
        found += mails
    return found


def names(text: tuple[str, str]) -> set[str]:
    return set(names_of(text).values())


def test_equal_spans_have_equal_hashes_wherever_they_stand_and_others_have_not() -> None:
    letters = np.frombuffer("cheap watch cheap cheat".encode("utf-32-le"), np.uint32).astype(np.uint64)
    found = mix(span_hashes(prefix_sums(letters), np.array([0, 6, 12, 18]), np.array([5, 11, 17, 23]))).tolist()
    assert found[0] == found[2]
    assert len(set(found)) == 3


def test_a_mail_has_words_pairs_fields_and_the_order_of_fields() -> None:
    assert names(MAIL) >= {
        "cheap",
        "cheap watches",
        "now !",
        "! !",
        "WATCHES (as written)",
        "http://shop.example/?a=12 (between spaces)",
        "from: ada",
        "from: x example",
        "subject: cheap watches",
        "order: from, subject",
        "order: (start), from, subject",
    }


def test_what_would_say_the_same_twice_is_said_once() -> None:
    assert not {"cheap (as written)", "Buy (between spaces)", "cheap (between spaces)"} & names(MAIL)


def test_numbers_that_differ_have_one_shape() -> None:
    one, other = ({name for name in names(("", f"ref {number}.x")) if "between" in name} for number in (17, 94))
    assert len(one) == 1 == len(other)
    (first,), (second,) = keys([("", "ref 17.x")]), keys([("", "ref 94.x")])
    token = FAMILIES.index("token")
    assert [key for key in first if key >> KEY_BITS == token] == [key for key in second if key >> KEY_BITS == token]


def test_neighbours_in_two_fields_or_two_mails_are_no_pair() -> None:
    assert not any("ada" in name and "cheap" in name for name in names(MAIL))
    alone = keys([("", "one")]) + keys([("", "two")])
    assert keys([("", "one"), ("", "two")]) == alone


@given(st.lists(TEXTS, max_size=5))
def test_texts_have_the_same_features_together_as_alone(texts: list[tuple[str, str]]) -> None:
    assert keys(texts) == [found for text in texts for found in keys([text])]


@given(TEXTS)
def test_keys_rise_and_each_has_a_name_of_its_own(text: tuple[str, str]) -> None:
    (found,) = keys([text])
    assert found == sorted(set(found))
    assert set(found) == set(names_of(text))
    assert len(set(names_of(text).values())) == len(found)


@given(TEXTS)
def test_every_mail_has_a_feature(text: tuple[str, str]) -> None:
    assert len(all_keys(read([text]))) > 0


def test_a_feature_of_the_headers_is_told_from_one_of_the_body() -> None:
    found = {name: is_header(key) for key, name in names_of(MAIL).items()}
    assert found["from: ada"]
    assert found["order: from, subject"]
    assert not found["cheap"]


def test_hashes_are_the_same_in_every_process() -> None:
    code = f"from models.text.features import features_of\nprint(next(features_of([{MAIL!r}])).keys.tolist())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].strip() == str(keys([MAIL])[0])
