"""What a mail's features are called: readable words for the hashes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from models.text.features import all_keys, more_than_words, neighbours
from models.text.hashing import Positions
from models.text.letters import lower_of, shapes_of
from models.text.reading import Reading, read

_LONGEST: Final = 80


def names_of(text: tuple[str, str]) -> dict[int, str]:
    """A name for each key of a text; of features that share one the first one's. Different keys' names differ."""
    reading = read([text])
    found: dict[int, str] = {}
    for key, name in zip(all_keys(reading).tolist(), _names(reading), strict=True):
        found.setdefault(key, name)
    taken: dict[str, int] = {}
    for key, name in found.items():
        if taken.setdefault(name, key) != key:
            found[key] = f"{name} #{key:x}"
    return found


def _names(reading: Reading) -> Iterator[str]:
    """In the order of the keys."""
    text = reading.text
    words = [word.lower() for word in _cut(text, reading.words)]
    fields = [name.lower() for name in _cut(text, reading.fields[:2])]
    of = reading.of.tolist()
    inside = [words[number] for number in reading.inside.tolist()]
    body, written = words[reading.first :], _cut(text, reading.words)[reading.first :]
    order = ["(start)", *fields[1:], "(end)"]
    for number in neighbours(reading.of).tolist():
        yield _short(f"{fields[of[number]]}: {inside[number]} {inside[number + 1]}")
    for one, other in pairwise(body):
        yield _short(f"{one} {other}")
    for number, word in zip(of, inside, strict=True):
        yield _short(f"{fields[number]}: {word}")
    for one, other in pairwise(order):
        yield _short(f"order: {one}, {other}")
    for one, other, third in zip(order, order[1:], order[2:], strict=False):
        yield _short(f"order: {one}, {other}, {third}")
    yield from map(_short, body)
    differs = np.append(0, np.cumsum(lower_of(reading.codes) != shapes_of(reading.codes)))
    others = (differs.take(reading.words[1]) != differs.take(reading.words[0]))[reading.first :]
    yield from (_short(f"{word} (as written)") for word, other in zip(written, others.tolist(), strict=True) if other)
    tokens = _cut(text, reading.tokens)
    yield from (_short(f"{tokens[number]} (between spaces)") for number in more_than_words(reading).tolist())


def _cut(text: str, spans: tuple[Positions, Positions]) -> list[str]:
    return [text[start:end] for start, end in zip(spans[0].tolist(), spans[1].tolist(), strict=True)]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
