"""The watch's state: bounded, exact, and kept of what stays when features and models come and go."""

import time

import pytest
from river import preprocessing
from support.drifting import HOUR_MS, NAMES, START_MS, Decided, after, tell, times_e, traffic, watch_over

from models.actions import ACTIONS
from models.drift import Watch


def test_one_that_was_encoded_at_any_moment_continues_as_if_it_had_not_been() -> None:
    plain, other = Watch("login", NAMES), Watch("login", NAMES)
    change = after(3.4, times_e(3, 2.0))
    for number, one in enumerate(traffic(4.6)):
        change(one, None)  # type: ignore[arg-type]
        tell(plain, one)
        tell(other, one)
        if number % 777 == 0:
            other = Watch.decode("login", NAMES, other.encode())
            assert other.alarms() == plain.alarms()
    assert plain.alarms()
    assert other.encode() == plain.encode()


@pytest.mark.parametrize("state", [b"", b"\x00", Watch("login", NAMES).encode()[:-9]])
def test_a_state_that_is_none_begins_anew(state: bytes) -> None:
    assert Watch.decode("login", NAMES, state).encode() == Watch("login", NAMES).encode()


def test_features_come_and_go_and_the_others_are_watched_on() -> None:
    watch = Watch("login", NAMES)
    watch_over(watch, traffic(9))
    names = ("brand_new", *(name for name in NAMES if name != "new_device"))
    watch = Watch.decode("login", names, watch.encode())

    def without(one: Decided, _rng: object) -> None:
        one.row = [0.5, *one.row[:2], one.row[3] * 8, *one.row[4:]]

    alarms = watch_over(watch, (one for one in traffic(10.5) if one.time_ms > watch.now_ms), without)
    assert [one.name for one in alarms[0].moved] == ["amount"]


def test_the_state_is_small_however_many_models_and_events_there_are() -> None:
    names = tuple(f"feature{number}" for number in range(90))
    watch = Watch("mail", names)
    row = [1.5] * len(names)
    for number in range(2000):
        scores = {f"mail.model{model}": 0.5 for model in range(30)}
        at_ms = START_MS + number * HOUR_MS // 10
        watch.on_decision(at_ms, row, scores, ACTIONS[number % 6], str(number))
        for model in scores:
            watch.on_label(at_ms, model, 0.5, number % 2 == 0)
    assert len(watch.encode()) < 500_000


def test_a_busy_hour_is_sampled() -> None:
    watch = Watch("login", NAMES)
    stream = [replaced(one, START_MS + number * 100) for number, one in enumerate(traffic(30, per_hour=60))]
    for one in stream[:36_000]:
        tell(watch, one)
    (hour,) = watch.decisions.hours.open
    assert hour.seen == 36_000
    assert hour.counts[0] + len(hour.pending) < 20_000
    assert watch.step > 1


def replaced(one: Decided, time_ms: int) -> Decided:
    one.time_ms = time_ms
    return one


def test_a_decision_of_ninety_features_costs_less_than_scaling_it_with_river() -> None:
    names = [f"feature{number}" for number in range(90)]
    rows = [[float(number * at % 97) for at in range(90)] for number in range(2000)]
    named = [dict(zip(names, row, strict=True)) for row in rows]
    ours, rivers = [], []
    for _ in range(3):
        watch, scaler = Watch("mail", names), preprocessing.StandardScaler()
        began_s = time.process_time()
        for number, row in enumerate(rows):
            watch.on_decision(START_MS + number * 1000, row, {"mail.stack": 0.5}, "allow", str(number))
        between_s = time.process_time()
        for one in named:
            scaler.learn_one(one)
        ours.append(between_s - began_s)
        rivers.append(time.process_time() - between_s)
    assert min(ours) < min(rivers)
