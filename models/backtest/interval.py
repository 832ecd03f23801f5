"""How sure a share is that was counted on few."""

from __future__ import annotations

from math import sqrt

import msgspec

# The 97.5 % quantile of the normal distribution: 95 % lie between the two ends.
_Z = 1.959963984540054


class Share(msgspec.Struct, frozen=True):
    """``hits`` of ``of``, as a share from 0 to 1 with the ends of its 95 % interval; None where ``of`` is 0."""

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None


def share(hits: int, of: int) -> Share:
    """The share with Wilson's score interval, which holds for few cases and for shares near 0 and 1 too.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212; recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001).
    """
    if of == 0:
        return Share(0, 0, None, None, None)
    value = hits / of
    scale = 1 + _Z * _Z / of
    middle = (value + _Z * _Z / (2 * of)) / scale
    half = _Z * sqrt(value * (1 - value) / of + _Z * _Z / (4 * of * of)) / scale
    # At both ends rounding would leave a trace.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Share(hits, of, value, low, high)
