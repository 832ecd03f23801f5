"""What decisions are counted for, in the process's own memory: the readable form of ``decisions.lua``."""

from __future__ import annotations

from features.store.contract import Keep, Tally, Track, Tracked


class Counted:
    """Tallies by bucket, tracks by name, and which decisions were counted already."""

    def __init__(self) -> None:
        self._tallies: dict[str, dict[int, int]] = {}
        self._tracks: dict[str, list[Tracked]] = {}
        self._once: set[str] = set()

    def count(self, keep: Keep) -> None:
        """Count a decision, unless it was counted before."""
        if not (keep.tallies or keep.tracks) or keep.decision_id in self._once:
            return
        self._once.add(keep.decision_id)
        self.move(keep)

    def move(self, keep: Keep) -> None:
        """Count a decision that is known to come once, which is then not remembered."""
        for tally in keep.tallies:
            cells = self._tallies.setdefault(tally.name, {})
            bucket = keep.time_ms // 1000 // tally.bucket_s
            head = max(cells, default=bucket)
            if bucket > head - tally.buckets:
                cells[bucket] = cells.get(bucket, 0) + 1
            for old in [b for b in cells if b <= max(head, bucket) - tally.buckets]:
                del cells[old]
        for track in keep.tracks:
            held = self._tracks.setdefault(track.name, [])
            held.append((keep.time_ms, keep.decision_id))
            del held[: -track.most]

    def tally(self, tally: Tally, time_ms: int) -> int:
        cells = self._tallies.get(tally.name, {})
        bucket = time_ms // 1000 // tally.bucket_s
        head = max(bucket, max(cells, default=bucket))
        return sum(count for b, count in cells.items() if head - tally.buckets < b <= head)

    def track(self, track: Track) -> list[Tracked]:
        return list(self._tracks.get(track.name, ()))

    def untrack(self, track: Track, decision_id: str) -> int:
        held = self._tracks.get(track.name, [])
        left = [one for one in held if one[1] != decision_id]
        self._tracks[track.name] = left
        return len(held) - len(left)
