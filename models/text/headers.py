"""Where the fields of header blocks stand, however broken they are."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from models.text.hashing import Positions
from models.text.letters import Codes

_FOLDS: Final = (" ", "\t")
_BREAK: Final = ord("\n")
_COLON: Final = ord(":")


class Fields(NamedTuple):
    """Of each field where its name starts and ends, where its value starts, and the number of its mail.

    Each mail has one without a name before its first, in which nothing stands.
    """

    names: Positions
    name_ends: Positions
    values: Positions
    mails: Positions


def fields_of(codes: Codes, starts: Positions, tokens: tuple[Positions, Positions]) -> Fields:
    """Of header blocks one behind the other, each in line breaks; ``starts``: where each of them does.

    ``tokens``: where what stands between white space starts and ends. A name begins its line, and has no space.
    """
    lines = (codes == _BREAK).nonzero()[0] + 1
    colons = np.append((codes == _COLON).nonzero()[0], len(codes))
    colon = colons.take(colons.searchsorted(lines))
    # The last line is empty: no token starts there.
    token_starts, token_ends = (np.append(ends, -1) for ends in tokens)
    token = tokens[0].searchsorted(lines)
    named = (token_starts.take(token) == lines) & (colon < token_ends.take(token)) & (colon > lines)
    names, name_ends = lines[named], colon[named]
    whole = np.concatenate((starts, names))
    places = whole.argsort(kind="stable")
    return Fields(
        whole.take(places),
        np.concatenate((starts, name_ends)).take(places),
        np.concatenate((np.append(starts[1:], len(codes)), name_ends + 1)).take(places),
        starts.searchsorted(whole.take(places), "right") - 1,
    )


def subject_of(headers: str) -> str:
    """The value of the first Subject field behind a line break, still folded."""
    start = headers.find("\nSubject:")
    if start < 0:
        start = headers.lower().find("\nsubject:") if headers.isascii() else -1
    if start < 0:
        return ""
    end = headers.find("\n", start + 1)
    while end >= 0 and headers[end + 1 : end + 2] in _FOLDS:
        end = headers.find("\n", end + 1)
    return headers[start + len("\nSubject:") : end if end >= 0 else len(headers)]
