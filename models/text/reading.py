"""A mail's text cut into what its features are made of."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from models.text.encoded import decoded
from models.text.hashing import Positions
from models.text.headers import field_spans, subject_of
from models.text.letters import Letters, codes_of, letters_of
from models.text.words import black_spans, word_spans

LONGEST_HEADERS: Final = 16_384
LONGEST_BODY: Final = 16_384
_LONGEST_SUBJECT: Final = 1024


class Reading(NamedTuple):
    """All positions are places in ``text``: headers, an empty line, the subject again, and the body.

    ``first``: the first word behind the headers. ``fields``: of each header field where its name starts and ends.
    ``inside``: the words that stand in a field's value; ``of``: the number of that field, from 1 on.
    ``tokens``: where what stands between white space behind the headers starts and ends.
    """

    text: str
    letters: Letters
    words: tuple[Positions, Positions]
    first: int
    fields: tuple[Positions, Positions]
    inside: Positions
    of: Positions
    tokens: tuple[Positions, Positions]


def read(headers: str, body: str) -> Reading:
    """Total, in time and memory that the lengths read (16,384 letters of headers, and of body) bound."""
    headers = decoded(headers[:LONGEST_HEADERS])[:LONGEST_HEADERS]
    before = len(headers) + 2
    whole = f"{headers}\n\n{subject_of(headers)[:_LONGEST_SUBJECT]}\n{body[:LONGEST_BODY]}"
    letters = letters_of(codes_of(whole))
    starts, ends = word_spans(letters.classes)
    first = int(np.searchsorted(starts, before))
    names, name_ends, values = field_spans(headers)
    of = np.searchsorted(names, starts[:first], "right")
    # What stands before the first field, or in a field's name, is in no value.
    inside = np.flatnonzero((of > 0) & (starts[:first] >= np.append(0, values).take(of)))
    tokens, token_ends = black_spans(letters.black[before:])
    return Reading(
        whole,
        letters,
        (starts, ends),
        first,
        (names, name_ends),
        inside,
        of.take(inside),
        (tokens + before, token_ends + before),
    )
