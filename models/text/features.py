"""A mail's features: hashed words and pairs of words, in families.

A header field's words and pairs of neighbours, under its name; two and three neighbouring field names; the words of
subject and body in lower case, and with their capitals; pairs of neighbouring words; and what stands between spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Hashes, Positions, mix, prefix_sums, span_hashes
from models.text.letters import lower_of, shapes_of
from models.text.reading import Reading, portions, read

Keys = NDArray[np.uint32]

FAMILIES: Final = ("field pair", "pair", "field", "order", "long order", "word", "cased", "token")
KEY_BITS: Final = 21
_HEADERS: Final = frozenset({"field pair", "field", "order", "long order"})
_PAIR: Final = np.uint64(0xD6E8FEB86659FD93)
_FIELD: Final = np.uint64(0xA0761D6478BD642F)
_TOP: Final = np.uint64(64 - KEY_BITS)
_MAIL: Final = np.uint64(24)
_KEY: Final = np.uint32((1 << 24) - 1)
_NOBODY: Final = np.uint64(0)
_NUMBERS: Final = np.arange(len(FAMILIES), dtype=np.uint64)
_SALTS: Final = (_NUMBERS + np.uint64(1)) * np.uint64(0xE7037ED1A0B428DB)


def keys_of(texts: Sequence[tuple[str, str]]) -> list[Keys]:
    """Of each text (headers and body) the features in ascending order, each once.

    A key is the number of the feature's family, and below it KEY_BITS of its hash.
    """
    return [keys for portion in portions(texts) for keys in _split(all_keys(read(portion)), len(portion))]


def _split(keys: Hashes, count: int) -> list[Keys]:
    keys.sort()
    fresh = np.empty(len(keys), np.bool_)
    fresh[0] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    keys = keys[fresh]
    edges = keys.searchsorted(np.arange(count + 1, dtype=np.uint64) << _MAIL).tolist()
    short = keys.astype(np.uint32) & _KEY
    return [short[start:end] for start, end in pairwise(edges)]


def all_keys(reading: Reading) -> Hashes:
    """The keys family by family, in the order of the text, as often as they occur, with the mail's number above.

    Every mail has one of order.
    """
    families, mails = zip(*_hashes(reading), strict=True)
    sizes = [len(hashes) for hashes in families]
    keys = np.concatenate(families)
    keys += _SALTS.repeat(sizes)
    mix(keys)
    keys >>= _TOP
    keys |= (_NUMBERS << np.uint64(KEY_BITS)).repeat(sizes)
    if reading.size > 1:
        keys |= np.concatenate(mails).astype(np.uint64) << _MAIL
    return keys


def is_header(key: int) -> bool:
    """Whether it is a feature of the headers; the subject's words are the body's, too."""
    return FAMILIES[key >> KEY_BITS] in _HEADERS


def _hashes(reading: Reading) -> Iterator[tuple[Hashes, Positions]]:
    """In the order of FAMILIES: the hashes of all mails, and the number of the mail of each."""
    starts, ends = reading.words
    first, behind = reading.first, reading.behind
    field_mails, body_mails, token_mails = reading.mails
    lower = prefix_sums(lower_of(reading.codes))
    shape = prefix_sums(shapes_of(reading.codes[behind:]))
    words = span_hashes(lower, starts, ends)
    names = span_hashes(lower, *reading.fields)
    body = words[first:]
    fielded = words.take(reading.inside)
    fielded += names.take(reading.of) * _FIELD
    mails = field_mails.take(reading.of)
    pairs = neighbours(reading.of)
    yield _pairs(fielded).take(pairs), mails.take(pairs)
    pairs = neighbours(body_mails)
    yield _pairs(body).take(pairs), body_mails.take(pairs)
    yield fielded, mails
    # The field without a name, which begins each mail's, ends those of the mail before.
    follows = names * _PAIR
    follows[:-1] += names[1:]
    yield follows, field_mails
    pairs = neighbours(field_mails)
    yield (follows[:-1] * _PAIR + np.append(names[2:], _NOBODY)).take(pairs), field_mails.take(pairs)
    yield body, body_mails
    yield span_hashes(shape, starts[first:] - behind, ends[first:] - behind), body_mails
    yield span_hashes(shape, reading.tokens[0] - behind, reading.tokens[1] - behind), token_mails


def _pairs(hashes: Hashes) -> Hashes:
    return hashes[:-1] * _PAIR + hashes[1:]


def neighbours(of: Positions) -> Positions:
    """Which items belong to the same one as the next item does."""
    same: NDArray[np.bool_] = of[1:] == of[:-1]
    return same.nonzero()[0]
