"""Names that are not known, and which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_OTHER_LANGUAGES = {"true": "True", "false": "False"}
_NOTHING = ("none", "null", "nil")


def unknown(what: str, written: str, known: Iterable[str], otherwise: str) -> str:
    """``unknown name 'x'``, and the nearest of the known ones, or else what is said instead of it."""
    if written in _OTHER_LANGUAGES:
        hint = f"write {_OTHER_LANGUAGES[written]}"
    elif written.lower() in _NOTHING:
        hint = "write missing(name)"
    else:
        near = difflib.get_close_matches(written, list(known), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else otherwise
    return f"unknown {what} {written!r}: {hint}"
