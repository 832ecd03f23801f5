"""What decisions are counted for, on its way to Redis and back: see ``decisions.lua``."""

from __future__ import annotations

from collections.abc import Sequence

import msgpack

from features.store.contract import Keep, Tally, Track, Tracked
from features.store.functions import Call


class Moves:
    """The moves of one call; ``keys`` are the call's, to which those of tallies and tracks are added, once each."""

    def __init__(self, tag: bytes, keys: list[bytes], max_lag_ms: int) -> None:
        self._tag = tag
        self._keys = keys
        self._max_lag_ms = max_lag_ms
        self._numbers: dict[bytes, int] = {}

    def encode(self, keep: Keep) -> bytes:
        if not keep.tallies and not keep.tracks:
            return b""
        tallies = [
            [
                self._number(_tally_key(self._tag, tally)),
                keep.time_ms // 1000 // tally.bucket_s,
                tally.buckets,
                (tally.buckets + 1) * tally.bucket_s * 1000 + self._max_lag_ms,
            ]
            for tally in keep.tallies
        ]
        tracks = [
            [self._number(track_key(self._tag, track)), track.most, track.span_s * 1000 + self._max_lag_ms]
            for track in keep.tracks
        ]
        packed = msgpack.packb([keep.time_ms, bytes.fromhex(keep.decision_id), tallies, tracks], use_bin_type=False)
        assert isinstance(packed, bytes)
        return packed

    def _number(self, key: bytes) -> int:
        number = self._numbers.get(key)
        if number is None:
            self._keys.append(key)
            number = self._numbers[key] = len(self._keys)
        return number


def recall_call(tag: bytes, tallies: Sequence[Tally], time_ms: int, tracks: Sequence[Track]) -> Call:
    """The call that asks one shard for tallies at this event time, and for tracks."""
    keys = [*(_tally_key(tag, tally) for tally in tallies), *(track_key(tag, track) for track in tracks)]
    windows = [str(n) for tally in tallies for n in (time_ms // 1000 // tally.bucket_s, tally.buckets)]
    return "recall", keys, [str(len(tallies)), *windows]


def tracked_of(packed: bytes | None) -> list[Tracked]:
    """A track as Redis holds it, oldest first."""
    if packed is None:
        return []
    flat = msgpack.unpackb(packed, raw=True)
    return [(int(ms), decision.hex()) for ms, decision in zip(flat[::2], flat[1::2], strict=True)]


def track_key(tag: bytes, track: Track) -> bytes:
    return tag + b"track:" + track.name.encode()


def _tally_key(tag: bytes, tally: Tally) -> bytes:
    return tag + b"tally:" + tally.name.encode()
