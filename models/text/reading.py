"""A mail's text cut into what its features are made of."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from models.text.encoded import decoded
from models.text.hashing import Positions
from models.text.headers import field_spans, subject_of
from models.text.letters import Codes, black_of, classes_of, codes_of
from models.text.words import black_spans, word_spans

LONGEST_HEADERS: Final = 8192
LONGEST_BODY: Final = 8192


class Reading(NamedTuple):
    """All positions are places in ``text``: headers, the subject again, and the body, from ``behind`` on.

    ``words``: where each word starts and ends; ``first``: the number of the first one behind the headers.
    ``fields``: of each header field where its name starts and ends. ``inside``: the words that stand in a field's
    value; ``of``: the number of that field, from 1 on. ``tokens``: where what stands between white space behind the
    headers starts and ends.
    """

    text: str
    codes: Codes
    behind: int
    words: tuple[Positions, Positions]
    first: int
    fields: tuple[Positions, Positions]
    inside: Positions
    of: Positions
    tokens: tuple[Positions, Positions]


def read(headers: str, body: str) -> Reading:
    """Total, in time and memory that the lengths read (8192 letters of headers, and of body) bound."""
    head = f"\n{decoded(headers[:LONGEST_HEADERS])[:LONGEST_HEADERS]}"
    fields = field_spans(head)
    text = f"{head}\n\n{subject_of(head, fields)}\n{body[:LONGEST_BODY]}"
    behind = len(head) + 2
    codes = codes_of(text)
    starts, ends = word_spans(classes_of(codes))
    first = int(starts.searchsorted(behind))
    # Before the first field stands what is in none: its value starts behind everything.
    spans = np.array([(0, 0, behind), *fields], np.int64)
    names, name_ends, values = spans[:, 0], spans[:, 1], spans[:, 2]
    of = names.searchsorted(starts[:first], "right") - 1
    inside = (starts[:first] >= values.take(of)).nonzero()[0]
    tokens, token_ends = black_spans(black_of(codes[behind:]))
    return Reading(
        text,
        codes,
        behind,
        (starts, ends),
        first,
        (names[1:], name_ends[1:]),
        inside,
        of.take(inside),
        (tokens + behind, token_ends + behind),
    )
