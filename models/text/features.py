"""A mail's features: hashed words and pairs of words, in families.

A header field's words and pairs of neighbours, under its name; two and three neighbouring field names; the words of
subject and body in lower case, and as they are written where that differs; pairs of neighbouring words; and what
stands between spaces and is more than a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Hashes, Positions, mix, prefix_sums, span_hashes
from models.text.letters import lower_of, shapes_of
from models.text.reading import Reading, portions, read

Keys = NDArray[np.int64]

FAMILIES: Final = ("field pair", "pair", "field", "order", "long order", "word", "cased", "token")
KEY_BITS: Final = 21
MAIL_BIT: Final = KEY_BITS + 3
_HEADERS: Final = frozenset({"field pair", "field", "order", "long order"})
_PAIR: Final = np.uint64(0xD6E8FEB86659FD93)
_FIELD: Final = np.uint64(0xA0761D6478BD642F)
_TOP: Final = np.uint64(64 - KEY_BITS)
_NOBODY: Final = np.uint64(0)
_NUMBERS: Final = np.arange(len(FAMILIES)) << KEY_BITS
_SALTS: Final = np.arange(1, len(FAMILIES) + 1, dtype=np.uint64) * np.uint64(0xE7037ED1A0B428DB)


class Features(NamedTuple):
    """``keys``: of ``size`` mails, in ascending order, each once: above MAIL_BIT the number of the mail, above
    KEY_BITS the number of the family, and below that bits of the hash. Each mail has one of ``order``.
    """

    keys: Keys
    size: int


def features_of(texts: Sequence[tuple[str, str]]) -> Iterator[Features]:
    """Of all the texts (headers and body), in order, some at a time."""
    return (_features(read(portion)) for portion in portions(texts))


def _features(reading: Reading) -> Features:
    keys = all_keys(reading)
    keys.sort()
    fresh = np.empty(len(keys), np.bool_)
    fresh[0] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return Features(keys[fresh], reading.size)


def all_keys(reading: Reading) -> Keys:
    """The keys family by family, in the order of the text, as often as they occur."""
    families, mails = zip(*_hashes(reading), strict=True)
    hashes = np.concatenate(families)
    sizes = [len(family) for family in families]
    hashes += _SALTS.repeat(sizes)
    mix(hashes)
    hashes >>= _TOP
    keys = hashes.view(np.int64)
    keys |= _NUMBERS.repeat(sizes)
    if reading.size > 1:
        keys |= np.concatenate(mails) << MAIL_BIT
    return keys


def is_header(key: int) -> bool:
    """Whether it is a feature of the headers; the subject's words are the body's, too."""
    return FAMILIES[key >> KEY_BITS] in _HEADERS


def _hashes(reading: Reading) -> Iterator[tuple[Hashes, Positions]]:
    """In the order of FAMILIES: the hashes of all mails, and the number of the mail of each."""
    starts, ends = reading.words
    first = reading.first
    fields, body_mails, token_mails = reading.fields, reading.word_mails, reading.token_mails
    lower = prefix_sums(lower_of(reading.codes))
    shape = prefix_sums(shapes_of(reading.codes[reading.behind :]))
    words = span_hashes(lower, starts, ends)
    names = span_hashes(lower, fields.names, fields.name_ends)
    body = words[first:]
    fielded = words.take(reading.inside)
    fielded += names.take(reading.of) * _FIELD
    mails = fields.mails.take(reading.of)
    pairs = neighbours(reading.of)
    yield _pairs(fielded).take(pairs), mails.take(pairs)
    pairs = neighbours(body_mails)
    yield _pairs(body).take(pairs), body_mails.take(pairs)
    yield fielded, mails
    # The field without a name, which begins each mail's, ends those of the mail before.
    follows = names * _PAIR
    follows[:-1] += names[1:]
    yield follows, fields.mails
    pairs = neighbours(fields.mails)
    yield (follows[:-1] * _PAIR + np.append(names[2:], _NOBODY)).take(pairs), fields.mails.take(pairs)
    yield body, body_mails
    behind = reading.behind
    written = span_hashes(shape, starts[first:] - behind, ends[first:] - behind)
    other = (written != body).nonzero()[0]
    yield written.take(other), body_mails.take(other)
    tokens, other = reading.tokens, more_than_words(reading)
    yield span_hashes(shape, tokens[0].take(other) - behind, tokens[1].take(other) - behind), token_mails.take(other)


def _pairs(hashes: Hashes) -> Hashes:
    return hashes[:-1] * _PAIR + hashes[1:]


def more_than_words(reading: Reading) -> Positions:
    """Which tokens are not just a word."""
    starts, ends = (np.append(places[reading.first :], -1) for places in reading.words)
    tokens, token_ends = reading.tokens
    word = starts[:-1].searchsorted(tokens)
    different: NDArray[np.bool_] = (starts.take(word) != tokens) | (ends.take(word) != token_ends)
    return different.nonzero()[0]


def neighbours(of: Positions) -> Positions:
    """Which items belong to the same one as the next item does."""
    same: NDArray[np.bool_] = of[1:] == of[:-1]
    return same.nonzero()[0]
