"""The garbage collector of a process that decides: what is loaded stays, and micro-batches leave few cycles."""

from __future__ import annotations

import gc

# Python's default of 700 runs the collector some times in every micro-batch, through all that lives.
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50


def settle() -> None:
    """Call when everything is loaded: that is never looked through again, and the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
