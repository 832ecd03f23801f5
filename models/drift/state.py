"""A watch as bytes and back, exact to the bit; data only, so that reading it can run nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from models.drift.alarm import Alarm
from models.drift.hours import Hour
from models.drift.past import BY_COLUMN, SLOTS
from models.drift.series import Series
from models.drift.turns import new_test

if TYPE_CHECKING:
    from models.drift.watch import Watch

_FORM = 1
_ARRAYS = {"means": np.float32, "counts": np.float32}
_SUMS = ("counts", "totals", "squares")
_TEST = ("_sum_increase", "_sum_decrease", "_min_increase", "_max_decrease")


class _Hour(msgspec.Struct, array_like=True):
    index: int
    seen: int
    kept: int
    sums: list[bytes]
    pending: list[tuple[list[float], dict[str, float], str]]


class _Series(msgspec.Struct):
    names: tuple[str, ...]
    now_ms: int
    ahead: int
    newest: int
    first: int
    open: list[_Hour]
    seen: bytes
    columns: list[bytes]
    recent: bytes
    suspect: list[bool]
    tests: list[tuple[float, ...]]


class _Watch(msgspec.Struct):
    form: int
    names: tuple[str, ...]
    step: int
    decisions: _Series
    labels: _Series
    alarms: list[Alarm]


def encode(watch: Watch) -> bytes:
    """Everything that the watch knows."""
    decisions, labels = _taken(watch.decisions), _taken(watch.labels)
    return _encoder.encode(_Watch(_FORM, watch.names, watch.step, decisions, labels, list(watch.alarms())))


def restore(watch: Watch, state: bytes) -> bool:
    """Put an encoded state into a new watch, whose features stay what they are; False: it is none, start anew."""
    try:
        found = _decoder.decode(state)
        if found.form != _FORM:
            return False
        names, watch.names = watch.names, found.names
        _given(watch.decisions, found.decisions)
        _given(watch.labels, found.labels)
    except (msgspec.MsgspecError, ValueError):
        return False
    watch.step = found.step
    watch.standing.put(found.alarms)
    watch.use(names)
    return True


def _taken(series: Series) -> _Series:
    past, turns, hours = series.past, series.turns, series.hours
    return _Series(
        names=series.names,
        now_ms=hours.now_ms,
        ahead=hours.ahead,
        newest=past.newest,
        first=past.first,
        open=[
            _Hour(
                hour.index,
                hour.seen,
                hour.kept,
                [getattr(hour, name).tobytes() for name in _SUMS],
                [(list(row), dict(scores), action) for row, scores, action in hour.pending],
            )
            for hour in hours.open
        ],
        seen=past.seen.tobytes(),
        columns=[getattr(past, name).tobytes() for name in BY_COLUMN],
        recent=turns.recent.tobytes(),
        suspect=turns.suspect.tolist(),
        tests=[
            (
                test._x_mean.n,
                test._x_mean.get(),
                *(float(getattr(test, name)) for name in _TEST),
                float(test.drift_detected),
            )
            for test in turns.tests
        ],
    )


def _given(series: Series, found: _Series) -> None:
    """Raises ValueError where the lengths do not fit."""
    width = len(found.names)
    series.use(found.names)
    past, turns, hours = series.past, series.turns, series.hours
    hours.now_ms, hours.ahead = found.now_ms, found.ahead
    past.newest, past.first = found.newest, found.first
    past.seen = _array(found.seen, (SLOTS,))
    for name, data in zip(BY_COLUMN, found.columns, strict=True):
        dtype = _ARRAYS.get(name, np.float64)
        setattr(past, name, _array(data, (SLOTS, width) if name in _ARRAYS else (width,), dtype))
    turns.recent = _array(found.recent, (4, width))
    turns.suspect = np.array(found.suspect, dtype=bool)
    turns.tests = [_test(name, state) for name, state in zip(found.names, found.tests, strict=True)]
    hours.open = [_hour(hour, width) for hour in found.open]


def _hour(found: _Hour, width: int) -> Hour:
    counts, totals, squares = (_array(data, (width,)) for data in found.sums)
    return Hour(found.index, counts, totals, squares, found.seen, found.kept, list(found.pending))


def _array(data: bytes, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    return np.frombuffer(data, dtype=dtype).reshape(shape).copy()


def _test(name: str, state: tuple[float, ...]) -> Any:
    test = new_test(name)
    number, mean, *sums, tripped = state
    test._x_mean.n, test._x_mean._mean = number, mean
    for attribute, value in zip(_TEST, sums, strict=True):
        setattr(test, attribute, value)
    test._drift_detected = bool(tripped)
    return test


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Watch)
