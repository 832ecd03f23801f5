"""A mail's features: hashed words and pairs of words, in families.

A header field's words and pairs of neighbours, under its name; two and three neighbouring field names; the words of
subject and body in lower case, and with their capitals; pairs of neighbouring words; and what stands between spaces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Hashes, mixed, prefix_sums, span_hashes
from models.text.reading import Reading

Keys = NDArray[np.uint32]

FAMILIES: Final = ("field", "field pair", "order", "long order", "word", "cased", "pair", "token")
KEY_BITS: Final = 21
_PAIR: Final = np.uint64(0xD6E8FEB86659FD93)
_FIELD: Final = np.uint64(0xA0761D6478BD642F)
_TOP: Final = np.uint64(64 - KEY_BITS)


def keys_of(reading: Reading) -> Keys:
    """The features in ascending order, each once: its family's number above KEY_BITS bits of its hash."""
    keys = np.concatenate(keys_by_family(reading))
    keys.sort()
    fresh = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return keys[fresh]


def keys_by_family(reading: Reading) -> list[Keys]:
    """The keys of each of FAMILIES in the order of the text, as often as they occur."""
    return [
        ((hashes >> _TOP) | np.uint64(number << KEY_BITS)).astype(np.uint32)
        for number, hashes in enumerate(_hashes(reading))
    ]


def _hashes(reading: Reading) -> tuple[Hashes, ...]:
    starts, ends = reading.words
    lower = prefix_sums(reading.letters.lower)
    shape = prefix_sums(reading.letters.shape)
    words = span_hashes(lower, starts, ends)
    body = words[reading.first :]
    fielded = words.take(reading.inside)
    order = np.zeros(len(reading.fields[0]) + 2, np.uint64)
    order[1:-1] = span_hashes(lower, *reading.fields)
    follows = order[:-1] * _PAIR + order[1:]
    tags = order.take(reading.of) * _FIELD
    return (
        mixed(fielded + tags, 1),
        mixed((fielded[:-1] * _PAIR + fielded[1:] + tags[1:]).take(field_pairs(reading)), 2),
        mixed(follows, 3),
        mixed(follows[:-1] * _PAIR + order[2:], 4),
        mixed(body, 5),
        mixed(span_hashes(shape, starts[reading.first :], ends[reading.first :]), 6),
        mixed(body[:-1] * _PAIR + body[1:], 7),
        mixed(span_hashes(shape, *reading.tokens), 8),
    )


def field_pairs(reading: Reading) -> NDArray[np.int64]:
    """Which words in fields have their neighbour in the same field."""
    return np.flatnonzero(reading.of[1:] == reading.of[:-1])
