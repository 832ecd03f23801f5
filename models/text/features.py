"""A mail's features: hashed words and pairs of words, each family of them scaled by how many there are.

Families: a header field's words and pairs of neighbours, under its name; neighbouring field names; the words of
subject and body as they are written and in lower case; pairs of neighbouring words.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.scorers.base import Text
from models.text.hashing import Hashes, mixed, prefix_sums, span_hashes
from models.text.headers import field_spans, subject_of
from models.text.letters import classes_and_lower, codes_of
from models.text.words import word_spans

BITS: Final = 18
FAMILIES: Final = ("field", "field pair", "order", "cased", "word", "pair")
_LONGEST_HEADERS: Final = 16_384
_LONGEST_SUBJECT: Final = 1024
_LONGEST_BODY: Final = 16_384
_PAIR: Final = np.uint64(0xD6E8FEB86659FD93)
_FIELD: Final = np.uint64(0xA0761D6478BD642F)


class Features(NamedTuple):
    """``slots``: hash values below 2**BITS, each once a family; ``values``: their values, float32."""

    slots: NDArray[np.int64]
    values: NDArray[np.float32]


def features_of(text: Text) -> Features:
    """Total: of any text, in time and memory bounded by 16,384 letters of headers and as many of body."""
    keys = [
        (hashes >> np.uint64(64 - BITS)) | np.uint64(family << BITS)
        for family, hashes in enumerate(_families(text))
        if len(hashes)
    ]
    if not keys:
        return Features(np.zeros(0, np.int64), np.zeros(0, np.float32))
    found = np.sort(np.concatenate(keys).astype(np.uint32))
    fresh = np.empty(len(found), np.bool_)
    fresh[0] = True
    np.not_equal(found[1:], found[:-1], out=fresh[1:])
    found = found[fresh]
    family = found >> np.uint32(BITS)
    counts = np.bincount(family, minlength=len(FAMILIES))
    scale = (1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
    return Features((found & np.uint32((1 << BITS) - 1)).astype(np.int64), scale.take(family))


def _families(text: Text) -> tuple[Hashes, ...]:
    headers = text.headers[:_LONGEST_HEADERS]
    before = f"{headers}\n\n"
    codes = codes_of(f"{before}{subject_of(headers)[:_LONGEST_SUBJECT]}\n{text.body[:_LONGEST_BODY]}")
    classes, lower = classes_and_lower(codes)
    starts, ends = word_spans(classes)
    sums = prefix_sums(lower)
    words = span_hashes(sums, starts, ends)
    first = int(np.searchsorted(starts, len(before)))
    names, name_ends, values = field_spans(headers)
    order = np.zeros(len(names) + 2, np.uint64)
    order[1:-1] = span_hashes(sums, names, name_ends)
    of = np.searchsorted(names, starts[:first], "right")
    inside = np.flatnonzero(starts[:first] >= np.append(0, values).take(of))
    of = of.take(inside)
    tags = order.take(of)
    fielded = words.take(inside)
    same = np.flatnonzero(of[1:] == of[:-1])
    body = words[first:]
    cased = span_hashes(prefix_sums(codes), starts[first:], ends[first:])
    return (
        mixed(fielded + tags * _PAIR, 1),
        mixed((fielded[:-1] * _PAIR + fielded[1:]).take(same) + tags[1:].take(same) * _FIELD, 2),
        mixed(order[:-1] * _PAIR + order[1:], 3),
        mixed(cased, 4),
        mixed(body, 5),
        mixed(body[:-1] * _PAIR + body[1:], 6),
    )
