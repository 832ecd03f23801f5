"""A rolling window: its length and the buckets that it is counted in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from features.errors import KindError

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_LONGEST_S = 30 * 86400
BUCKETS = 6


@cache
def seconds(text: str) -> int:
    """Read a duration such as ``10m``, ``24h`` or ``7d`` as seconds."""
    match = re.fullmatch(r"([1-9][0-9]*)([mhd])", text)
    if match is None:
        raise KindError(f"duration {text!r} is not a number followed by m, h or d: write for example '1h'")
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True)
class Window:
    """The last ``length_s`` seconds in ``buckets`` buckets, aligned to the epoch.

    With H = floor(t / bucket_s) for the newest time t, the window holds the buckets (H - buckets, H]: it is
    therefore between ``length_s - bucket_s`` and ``length_s`` seconds long.
    """

    name: str
    length_s: int
    buckets: int

    @property
    def bucket_s(self) -> int:
        return self.length_s // self.buckets

    @classmethod
    def parse(cls, name: str, buckets: int = BUCKETS) -> Window:
        length_s = seconds(name)
        if not 60 <= length_s <= _LONGEST_S:
            raise KindError(f"window {name!r} is outside 1 minute to 30 days")
        if length_s % buckets:
            raise KindError(f"window {name!r} does not divide into {buckets} buckets of whole seconds")
        return cls(name, length_s, buckets)


def parse_windows(names: tuple[str, ...], kind: str, feature: str) -> tuple[Window, ...]:
    """A feature's one to three windows, from the shortest; each bucket a multiple of the shortest window's."""
    try:
        return _parsed(names)
    except KindError as error:
        raise KindError(f"kind {kind}: feature {feature!r}: {error}", about=feature) from None


def _parsed(names: tuple[str, ...] | str) -> tuple[Window, ...]:
    if isinstance(names, str):
        raise KindError(f"windows is the text {names!r} and no tuple: write ({names!r},)")
    windows = tuple(sorted((Window.parse(name) for name in names), key=lambda w: w.length_s))
    if not 1 <= len(windows) <= 3:
        raise KindError(f"a measure has one to three windows, not {len(windows)}")
    if len({w.length_s for w in windows}) != len(windows):
        raise KindError(f"windows {', '.join(names)} repeat a length: name each once")
    for window in windows[1:]:
        if window.bucket_s % windows[0].bucket_s:
            raise KindError(
                f"window {window.name!r}: its bucket of {window.bucket_s} s is no multiple of the "
                f"{windows[0].bucket_s} s of {windows[0].name!r}: choose windows that divide one another"
            )
    return windows
