"""Where the fields of a header block stand, however broken it is."""

from __future__ import annotations

import re
from typing import Final

_FIELD: Final = re.compile(r"\n([!-9;-~]+)[ \t]*:")
_MOST: Final = 500
_LONGEST_SUBJECT: Final = 1024


def field_spans(headers: str) -> list[tuple[int, int, int]]:
    """Of each field, at most 500: where its name starts and ends, and where its value starts.

    ``headers`` begin with an empty line.
    """
    spans: list[tuple[int, int, int]] = []
    for field in _FIELD.finditer(headers):
        spans.append((*field.span(1), field.end()))
        if len(spans) == _MOST:
            break
    return spans


def subject_of(headers: str, fields: list[tuple[int, int, int]]) -> str:
    """The value of the first Subject field, still folded, at most 1024 letters of it."""
    for number, (start, end, value) in enumerate(fields):
        if end - start == 7 and headers[start:end].lower() == "subject":
            stop = fields[number + 1][0] if number + 1 < len(fields) else len(headers)
            return headers[value : min(stop, value + _LONGEST_SUBJECT)]
    return ""
