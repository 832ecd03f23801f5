"""A mail's features: hashed words and pairs of words, in families.

A header field's words and pairs of neighbours, under its name; two and three neighbouring field names; the words of
subject and body in lower case, and with their capitals; pairs of neighbouring words; and what stands between spaces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Hashes, mix, prefix_sums, span_hashes
from models.text.letters import lower_of, shapes_of
from models.text.reading import Reading

Keys = NDArray[np.uint32]

FAMILIES: Final = ("field pair", "pair", "field", "order", "long order", "word", "cased", "token")
KEY_BITS: Final = 21
_PAIR: Final = np.uint64(0xD6E8FEB86659FD93)
_FIELD: Final = np.uint64(0xA0761D6478BD642F)
_TOP: Final = np.uint64(64 - KEY_BITS)
_NUMBERS: Final = np.arange(len(FAMILIES), dtype=np.uint64)
_SALTS: Final = (_NUMBERS + np.uint64(1)) * np.uint64(0xE7037ED1A0B428DB)


def keys_of(reading: Reading) -> Keys:
    """The features in ascending order, each once: its family's number above KEY_BITS bits of its hash."""
    keys = all_keys(reading)
    keys.sort()
    fresh = np.empty(len(keys), np.bool_)
    fresh[0] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return keys[fresh]


def all_keys(reading: Reading) -> Keys:
    """The keys family by family, in the order of the text, as often as they occur; there is always one of order."""
    families = _hashes(reading)
    sizes = [len(hashes) for hashes in families]
    hashes = np.concatenate(families)
    hashes += _SALTS.repeat(sizes)
    mix(hashes)
    hashes >>= _TOP
    hashes |= (_NUMBERS << np.uint64(KEY_BITS)).repeat(sizes)
    return hashes.astype(np.uint32)


def _hashes(reading: Reading) -> tuple[Hashes, ...]:
    """In the order of FAMILIES."""
    starts, ends = reading.words
    first, behind = reading.first, reading.behind
    lower = prefix_sums(lower_of(reading.codes))
    shape = prefix_sums(shapes_of(reading.codes[behind:]))
    words = span_hashes(lower, starts, ends)
    body = words[first:]
    fielded = words.take(reading.inside)
    order = np.zeros(len(reading.fields[0]) + 2, np.uint64)
    order[1:-1] = span_hashes(lower, *reading.fields)
    follows = order[:-1] * _PAIR + order[1:]
    fielded += order.take(reading.of) * _FIELD
    return (
        (fielded[:-1] * _PAIR + fielded[1:]).take(field_pairs(reading)),
        body[:-1] * _PAIR + body[1:],
        fielded,
        follows,
        follows[:-1] * _PAIR + order[2:],
        body,
        span_hashes(shape, starts[first:] - behind, ends[first:] - behind),
        span_hashes(shape, reading.tokens[0] - behind, reading.tokens[1] - behind),
    )


def field_pairs(reading: Reading) -> NDArray[np.int64]:
    """Which words in fields have their neighbour in the same field."""
    same: NDArray[np.bool_] = reading.of[1:] == reading.of[:-1]
    return same.nonzero()[0]
