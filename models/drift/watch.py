"""The watch over one kind: decisions and labels go in, alarms come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

from models.actions import ACTIONS
from models.drift.alarm import Alarm
from models.drift.alarms import Alarms
from models.drift.hours import HOUR_MS, Hour
from models.drift.scale import squash
from models.drift.series import Series
from models.drift.state import encode, restore

# So many decisions at a time are added to the sums.
_BATCH = 64
# Of an hour about so many decisions are looked at, by a hash of their ids; of a busier kind one in 2, 4, 8, ….
_SAMPLE = 4096
_LARGEST_STEP = 1 << 16
# Columns of models, one for a score, two for its errors: further models are not watched.
_MOST_OF_MODELS = 48


class Watch:
    """Of one kind. Costs under 10 µs a decision; its state is bounded (under 500 kB) and exact.

    ``names``: the kind's features, in the order of the rows. An alarm rises in the hour after the one that proved it.
    """

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self.kind = kind
        self.names = tuple(names)
        self.decisions = Series()
        self.labels = Series()
        self.standing = Alarms(kind)
        self.step = 1
        self.decisions.use([*self._features(), *(f"mix:{action}" for action in ACTIONS)])

    def use(self, names: Sequence[str]) -> None:
        """From now on rows have these features: what is known of those that stay is kept."""
        if tuple(names) == self.names:
            return
        for hour in self.decisions.hours.open:
            self._sum(hour)
        others = [name for name in self.decisions.names if not name.startswith("data:")]
        self.names = tuple(names)
        self.decisions.use([*self._features(), *others])

    def _features(self) -> list[str]:
        return [f"data:{name}" for name in self.names]

    def on_decision(
        self, time_ms: int, row: Sequence[float], scores: Mapping[str, float], action: str, sample_key: str
    ) -> None:
        """A decision: its event's time, its features in the order of ``names``, its action and its decision id.

        ``scores``: the raw ones by model, from 0 to 1, of those that are not warming. ``row`` and ``scores`` must not
        change afterwards.
        """
        hours = self.decisions.hours
        if not hours.admit(time_ms):
            return
        if not hours.open or time_ms // HOUR_MS > hours.open[-1].index:
            self._next(time_ms)
        hour = hours.hour(time_ms, len(self.decisions.names))
        hour.seen += 1
        if crc32(sample_key.encode()) & (self.step - 1):
            return
        hour.kept += 1
        hour.pending.append((row, scores, action))
        if len(hour.pending) >= _BATCH:
            self._sum(hour)
            if hour.kept >= 2 * _SAMPLE:
                # The share was that of a calmer hour.
                hour.kept = _SAMPLE
                self.step = min(2 * self.step, _LARGEST_STEP)

    def _next(self, time_ms: int) -> None:
        """A new hour begins: those that are over are judged."""
        series = self.decisions
        if series.hours.open:
            seen = series.hours.open[-1].seen
            self.step = min(1 << max(0, (seen // _SAMPLE).bit_length()), _LARGEST_STEP)
        for hour in series.hours.open:
            self._sum(hour)
        over = series.hours.over(time_ms)
        for hour in over:
            self.standing.raise_for(series.close(hour), (hour.index + 1) * HOUR_MS)
        if over:
            _forget_silent(series)

    def _sum(self, hour: Hour) -> None:
        """Add the decisions that wait to the hour's sums."""
        pending, hour.pending = hour.pending, []
        if not pending:
            return
        columns: dict[str, list[float]] = {}
        for _row, scores, action in pending:
            for model, score in scores.items():
                columns.setdefault(f"score:{model}", []).append(score)
            columns.setdefault(f"mix:{action}", []).append(1.0)
        _know(self.decisions, list(columns))
        # Of a decision every feature is known, and whether it took an action: a score is not.
        every = [not name.startswith("score:") for name in self.decisions.names]
        hour.counts[every] += len(pending)
        features = squash([row for row, _scores, _action in pending])
        hour.totals[: len(self.names)] += features.sum(axis=0)
        hour.squares[: len(self.names)] += (features**2).sum(axis=0)
        for name, values in columns.items():
            at = self.decisions.at(name)
            if at >= 0:
                finite = squash([values])[0]
                hour.totals[at] += finite.sum()
                hour.squares[at] += (finite**2).sum()
                hour.counts[at] += 0 if every[at] else len(values)

    def on_label(self, time_ms: int, model: str, score: float, abuse: bool) -> None:
        """A label, at its own time, and what a model had said at decision time (raw, 0 to 1); once a model."""
        series = self.labels
        if not series.hours.admit(time_ms):
            return
        over = series.hours.over(time_ms)
        for hour in over:
            hour.seen = int(hour.counts.max())
            self.standing.raise_for(series.close(hour), (hour.index + 1) * HOUR_MS)
        if over:
            _forget_silent(series)
        name = f"concept:{model}:{'abuse' if abuse else 'legit'}"
        _know(series, [name])
        hour = series.hours.hour(time_ms, len(series.names))
        at = series.at(name)
        if at >= 0:
            error = min(1.0, abs(score - abuse)) if score == score else 1.0
            hour.counts[at] += 1.0
            hour.totals[at] += error
            hour.squares[at] += error**2

    @property
    def now_ms(self) -> int:
        """The latest event time that counted; -1 before any."""
        return max(self.decisions.hours.now_ms, self.labels.hours.now_ms)

    def alarms(self) -> tuple[Alarm, ...]:
        """Those that stand, the newest last: each ends a day of event time after it was last confirmed."""
        return self.standing.at(self.now_ms)

    def drifting(self, model: str) -> str:
        """Why the model must not be promoted now, in words; empty if nothing speaks against it."""
        return " ".join(alarm.words for alarm in self.alarms() if alarm.model == model)

    def encode(self) -> bytes:
        """The whole state; ``decode`` continues exactly where it stood."""
        return encode(self)

    @classmethod
    def decode(cls, kind: str, names: Sequence[str], state: bytes) -> Watch:
        """The watch that was encoded, for these features; a new one if the state is damaged or of another form."""
        watch = cls(kind, names)
        return watch if restore(watch, state) else cls(kind, names)


def _know(series: Series, names: list[str]) -> None:
    """Make columns for those that are new, unless there are too many models already."""
    new = [name for name in names if series.at(name) < 0]
    room = _MOST_OF_MODELS - sum(not name.startswith(("data:", "mix:")) for name in series.names)
    if new[:room]:
        series.use([*series.names, *new[:room]])


def _forget_silent(series: Series) -> None:
    """A model that has said nothing for eight days is gone."""
    gone = {name for name in series.silent() if name.startswith(("score:", "concept:"))}
    series.use([name for name in series.names if name not in gone])
