"""Units of numbers: known by a declaration or by the end of a name, and never mixed silently."""

from __future__ import annotations

import re

# Counts, flags and whatever else has no unit.
PLAIN = "1"
_WORDS = {
    PLAIN: "plain numbers",
    "ms": "milliseconds",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "km": "kilometres",
    "km/h": "kilometres an hour",
    "bit": "bits",
    "B": "bytes",
    "kB": "kilobytes",
    "share": "shares",
    "deg": "degrees",
    "asn": "network numbers",
}
_ENDINGS = {
    "ms": "ms",
    "milliseconds": "ms",
    "s": "s",
    "seconds": "s",
    "minutes": "min",
    "hours": "h",
    "days": "d",
    "km": "km",
    "kmh": "km/h",
    "bits": "bit",
    "bytes": "B",
    "kb": "kB",
    "share": "share",
    "latitude": "deg",
    "longitude": "deg",
}
# A single letter says something only behind another word.
_ALONE = frozenset(ending for ending in _ENDINGS if len(ending) > 2)
_WINDOW = re.compile(r"_[0-9]+[smhd]$")
# What a number of another unit may be multiplied with and stays what it is.
_SCALARS = (PLAIN, "share")


def unit_of(name: str, declared: str | None = None) -> str:
    """The unit of a field or feature: the declared one, else what its name ends in (less a window such as _24h)."""
    if declared not in (None, PLAIN):
        return str(declared)
    measure = _WINDOW.sub("", name.rpartition(".")[2])
    front, _, ending = measure.rpartition("_")
    known = ending in _ENDINGS if front else ending in _ALONE
    return _ENDINGS[ending] if known else PLAIN


def in_words(unit: str) -> str:
    """The unit as messages say it, in the plural."""
    return _WORDS.get(unit, unit)


def product(left: str | None, right: str | None) -> str | None:
    """The unit of a product; None is a written-out number, which has none and takes the other's."""
    if left is None or right is None:
        return left if right is None else right
    if left in _SCALARS or right in _SCALARS:
        return left if right == "share" or (right == PLAIN and left != "share") else right
    return "·".join(sorted([*left.split("·"), *right.split("·")]))
