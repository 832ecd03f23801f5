"""Texts cut into what their features are made of, many at once: a text alone costs more than in company."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from models.text.encoded import decoded
from models.text.hashing import LONGEST, Positions
from models.text.headers import Fields, fields_of, subject_of
from models.text.letters import Codes, black_of, classes_of, codes_of
from models.text.words import black_spans, word_spans

LONGEST_HEADERS: Final = 8192
LONGEST_BODY: Final = 8192
LONGEST_SUBJECT: Final = 1024


class Reading(NamedTuple):
    """Positions are places in ``text``: all headers, and from ``behind`` on the mails' subjects, again, and bodies.

    ``size``: how many mails. ``words``: where each word starts and ends; ``first``: the number of the first one
    behind the headers. ``inside``: the words that stand in a field's value; ``of``: the number of that field.
    ``tokens``: where what stands between white space behind the headers starts and ends. ``word_mails``,
    ``token_mails``: the number of the mail of each word behind the headers, and of each token.
    """

    text: str
    codes: Codes
    size: int
    behind: int
    words: tuple[Positions, Positions]
    first: int
    fields: Fields
    inside: Positions
    of: Positions
    tokens: tuple[Positions, Positions]
    word_mails: Positions
    token_mails: Positions


def portions(texts: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    """The texts, in order, in portions that can be read at once."""
    found: list[Sequence[tuple[str, str]]] = []
    start, letters = 0, 0
    for number, (headers, body) in enumerate(texts):
        size = min(len(headers), LONGEST_HEADERS) + min(len(body), LONGEST_BODY) + LONGEST_SUBJECT + 8
        if letters + size > LONGEST and number > start:
            found.append(texts[start:number])
            start, letters = number, 0
        letters += size
    return [*found, texts[start:]] if start < len(texts) else found


def read(texts: Sequence[tuple[str, str]]) -> Reading:
    """Of one portion of headers and bodies; the first 8192 letters of each are read. Total."""
    heads = [f"\n{decoded(headers[:LONGEST_HEADERS])[:LONGEST_HEADERS]}\n" for headers, _ in texts]
    bodies = [
        f"{subject_of(head)[:LONGEST_SUBJECT]}\n{body[:LONGEST_BODY]}\n"
        for head, (_, body) in zip(heads, texts, strict=True)
    ]
    starts_of_heads, starts_of_bodies = _starts(heads), _starts(bodies)
    text = "".join((*heads, *bodies))
    behind = len(text) - sum(map(len, bodies))
    codes = codes_of(text)
    starts, ends = word_spans(classes_of(codes))
    tokens, token_ends = black_spans(black_of(codes))
    first, first_token = int(starts.searchsorted(behind)), int(tokens.searchsorted(behind))
    fields = fields_of(codes[:behind], starts_of_heads, (tokens[:first_token], token_ends[:first_token]))
    of = fields.names.searchsorted(starts[:first], "right") - 1
    inside = (starts[:first] >= fields.values.take(of)).nonzero()[0]
    tokens, token_ends = tokens[first_token:], token_ends[first_token:]
    return Reading(
        text,
        codes,
        len(texts),
        behind,
        (starts, ends),
        first,
        fields,
        inside,
        of.take(inside),
        (tokens, token_ends),
        starts_of_bodies.searchsorted(starts[first:] - behind, "right") - 1,
        starts_of_bodies.searchsorted(tokens - behind, "right") - 1,
    )


def _starts(pieces: list[str]) -> Positions:
    return np.array([0, *accumulate(map(len, pieces[:-1]))], np.int64)
