"""Where the fields of a header block stand, however broken it is."""

from __future__ import annotations

import re

import numpy as np

from models.text.hashing import Positions

_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:", re.MULTILINE)
_SUBJECT = re.compile(r"^subject[ \t]*:((?:.*\n[ \t])*.*)", re.IGNORECASE | re.MULTILINE)
_MOST = 500


def field_spans(headers: str) -> tuple[Positions, Positions, Positions]:
    """Of each field, at most 500: where its name starts and ends, and where its value starts."""
    spans: list[int] = []
    for field in _FIELD.finditer(headers):
        spans += (*field.span(1), field.end())
        if len(spans) == 3 * _MOST:
            break
    found = np.array(spans, np.int64).reshape(-1, 3)
    return found[:, 0], found[:, 1], found[:, 2]


def subject_of(headers: str) -> str:
    """The value of the first Subject field, still folded."""
    found = _SUBJECT.search(headers)
    return found[1] if found is not None else ""
