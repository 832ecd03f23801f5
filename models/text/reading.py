"""Texts cut into what their features are made of, many at once: a text alone costs more than in company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from models.text.encoded import decoded
from models.text.hashing import LONGEST, Positions
from models.text.headers import field_spans, subject_of
from models.text.letters import Codes, black_of, classes_of, codes_of
from models.text.words import black_spans, word_spans

LONGEST_HEADERS: Final = 8192
LONGEST_BODY: Final = 8192
LONGEST_SUBJECT: Final = 1024


class Reading(NamedTuple):
    """Positions are places in ``text``: all headers, and from ``behind`` on the mails' subjects, again, and bodies.

    ``size``: how many mails. ``words``: where each word starts and ends; ``first``: the number of the first one
    behind the headers. ``fields``: where the name of each header field starts and ends; each mail has one without a
    name before its first. ``inside``: the words that stand in a field's value; ``of``: the number of that field.
    ``tokens``: where what stands between white space behind the headers starts and ends. ``mails``: the number of
    the mail of each field, of each word behind the headers, and of each token.
    """

    text: str
    codes: Codes
    size: int
    behind: int
    words: tuple[Positions, Positions]
    first: int
    fields: tuple[Positions, Positions]
    inside: Positions
    of: Positions
    tokens: tuple[Positions, Positions]
    mails: tuple[Positions, Positions, Positions]


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
    heads, bodies = list[str](), list[str]()
    fields = list[tuple[int, int, int]]()
    head_starts, body_starts, field_mails = list[int](), list[int](), list[int]()
    head_letters = body_letters = 0
    for number, (headers, body) in enumerate(texts):
        head = f"\n{decoded(headers[:LONGEST_HEADERS])[:LONGEST_HEADERS]}\n"
        found = field_spans(head)
        behind = f"{subject_of(head, found)[:LONGEST_SUBJECT]}\n{body[:LONGEST_BODY]}\n"
        # Before the first field stands what is in none: its value starts where the next mail's headers do.
        fields.append((head_letters, head_letters, head_letters + len(head)))
        fields += [(start + head_letters, end + head_letters, value + head_letters) for start, end, value in found]
        field_mails += [number] * (len(found) + 1)
        head_starts.append(head_letters)
        body_starts.append(body_letters)
        heads.append(head)
        bodies.append(behind)
        head_letters += len(head)
        body_letters += len(behind)
    text = "".join((*heads, *bodies))
    codes = codes_of(text)
    starts, ends = word_spans(classes_of(codes))
    first = int(starts.searchsorted(head_letters))
    names, name_ends, values = np.array(fields, np.int64).reshape(-1, 3).T
    of = names.searchsorted(starts[:first], "right") - 1
    inside = (starts[:first] >= values.take(of)).nonzero()[0]
    tokens, token_ends = black_spans(black_of(codes[head_letters:]))
    mail_starts = np.array(body_starts, np.int64)
    return Reading(
        text,
        codes,
        len(texts),
        head_letters,
        (starts, ends),
        first,
        (names, name_ends),
        inside,
        of.take(inside),
        (tokens + head_letters, token_ends + head_letters),
        (
            np.array(field_mails, np.int64),
            mail_starts.searchsorted(starts[first:] - head_letters, "right") - 1,
            mail_starts.searchsorted(tokens, "right") - 1,
        ),
    )
