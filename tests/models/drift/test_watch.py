"""The watch over drift: silent on what is only rhythm, warm-up or chance; soon and by name on what has changed."""

from dataclasses import replace

import numpy as np
import pytest
from support.drifting import (
    DAY_MS,
    HOUR_MS,
    MODEL,
    NAMES,
    OTHER,
    START_MS,
    Decided,
    after,
    times_e,
    traffic,
    watch_over,
)

from models.drift import Alarm, Watch

CHANGED = 10.4


def watch() -> Watch:
    return Watch("login", NAMES)


def hours_until(alarm: Alarm) -> float:
    return (alarm.since_ms - START_MS - CHANGED * DAY_MS) / HOUR_MS


def only(alarms: list[Alarm], what: str) -> Alarm:
    assert {alarm.what for alarm in alarms} == {what}
    return alarms[0]


@pytest.mark.parametrize("seed", range(3))
def test_rhythm_weekends_and_a_filling_store_are_no_drift(seed: int) -> None:
    assert watch_over(watch(), traffic(15, seed)) == []


@pytest.mark.parametrize("per_hour", [3, 400])
def test_neither_little_nor_much_traffic_is_drift(per_hour: float) -> None:
    assert watch_over(watch(), traffic(9, per_hour=per_hour, rhythm=False)) == []


def test_bursts_of_hours_are_no_drift() -> None:
    def attack(one: Decided, _rng: np.random.Generator) -> None:
        hour = (one.time_ms - START_MS) // HOUR_MS
        # Every second day, three hours, each time at another time of day.
        if hour // 24 % 2 and (hour - 5 * (hour // 24)) % 24 < 3 and int(one.id.split("-")[1]) % 3 == 0:
            one.row[2], one.row[3] = 1.0, 5_000.0

    assert watch_over(watch(), traffic(15), attack) == []


@pytest.mark.parametrize("day", [3.4, CHANGED])
def test_a_feature_that_moves_by_a_standard_deviation_is_named_within_a_day(day: float) -> None:
    alarms = watch_over(watch(), traffic(day + 2), after(day, times_e(3, 1.5)))
    alarm = only(alarms, "data")
    assert 0 < alarm.since_ms - START_MS - day * DAY_MS < DAY_MS
    assert [one.name for one in alarm.moved] == ["amount"]
    moved = alarm.moved[0]
    assert moved.size > 0.5
    assert 15 < moved.before < 30
    assert 3 < moved.after / moved.before < 6


def test_a_flag_that_is_set_more_often_is_told_as_a_share() -> None:
    def more(one: Decided, rng: np.random.Generator) -> None:
        one.row[2] = max(one.row[2], float(rng.random() < 0.3))

    alarm = only(watch_over(watch(), traffic(12), after(CHANGED, more)), "data")
    assert hours_until(alarm) < 24
    assert alarm.words.startswith("A feature of login moved away from like hours before: new_device (0.09")


def test_a_new_campaign_is_told_by_the_features_that_it_moves() -> None:
    def campaign(one: Decided, rng: np.random.Generator) -> None:
        if rng.random() < 0.25:
            one.row[0], one.row[2] = 60.0, 1.0

    alarms = watch_over(watch(), traffic(12), after(CHANGED, campaign))
    assert hours_until(only(alarms, "data")) < 24
    assert {one.name for one in alarms[0].moved} == {"ip.logins_1h", "new_device"}


def test_scores_that_rise_speak_against_that_model_alone() -> None:
    def higher(one: Decided, _rng: np.random.Generator) -> None:
        one.scores = {**one.scores, MODEL: min(1.0, one.scores[MODEL] + 0.2)}
        one.abuse = None

    drifting = watch()
    alarm = only(watch_over(drifting, traffic(CHANGED + 1), after(CHANGED, higher)), "score")
    assert alarm.model == MODEL
    assert alarm.moved[0].after > alarm.moved[0].before
    assert drifting.drifting(MODEL) == alarm.words
    assert drifting.drifting(OTHER) == ""


def test_more_blocks_are_a_shift_in_the_mix_of_verdicts() -> None:
    def block(one: Decided, rng: np.random.Generator) -> None:
        one.action = "block" if rng.random() < 0.2 else one.action

    alarm = only(watch_over(watch(), traffic(12), after(CHANGED, block)), "mix")
    assert {one.name for one in alarm.moved} == {"allow", "block"}
    assert hours_until(alarm) < 24


def test_labels_that_turn_are_concept_drift() -> None:
    def turn(one: Decided, rng: np.random.Generator) -> None:
        if one.abuse is not None and rng.random() < 0.2:
            one.abuse = not one.abuse

    alarms = watch_over(watch(), traffic(13), after(CHANGED, turn))
    assert {alarm.what for alarm in alarms} == {"concept"}
    first = next(alarm for alarm in alarms if alarm.model == MODEL)
    assert hours_until(first) < 48
    assert first.words.startswith(
        f"{MODEL} errs more than it did: its mean error went on what is labelled abuse from"
    )


def test_a_model_that_gets_better_raises_no_alarm_about_its_errors() -> None:
    def better(one: Decided, _rng: np.random.Generator) -> None:
        if one.abuse is not None:
            one.scores = {MODEL: 0.99 if one.abuse else 0.01}

    alarms = watch_over(watch(), traffic(13), after(CHANGED, better))
    assert "concept" not in {alarm.what for alarm in alarms}


def test_an_alarm_ends_by_itself_when_the_change_has_become_usual() -> None:
    drifting = watch()
    assert watch_over(drifting, traffic(CHANGED + 1), after(CHANGED, times_e(3, 2.0)))
    assert drifting.alarms()
    later = (one for one in traffic(CHANGED + 9) if one.time_ms > drifting.now_ms)
    watch_over(drifting, later, after(CHANGED, times_e(3, 2.0)))
    assert drifting.alarms() == ()


def test_what_is_no_number_and_one_of_any_size_are_no_drift() -> None:
    def odd(one: Decided, rng: np.random.Generator) -> None:
        if rng.random() < 0.002:
            one.row[3] = float(rng.choice([np.inf, -np.inf, np.nan, 1e300]))

    assert watch_over(watch(), traffic(9), after(3, odd)) == []


def test_one_event_from_far_ahead_or_long_ago_changes_nothing() -> None:
    plain, disturbed = watch(), watch()

    def stray(one: Decided, _rng: np.random.Generator) -> None:
        for away_ms in (40 * DAY_MS, -3 * HOUR_MS):
            far = replace(one, time_ms=one.time_ms + away_ms)
            if int(one.id.split("-")[1]) % 500 == 0:
                disturbed.on_decision(far.time_ms, far.row, far.scores, far.action, far.id)

    watch_over(plain, traffic(3))
    watch_over(disturbed, traffic(3), stray)
    assert disturbed.now_ms == plain.now_ms
    assert disturbed.encode() == plain.encode()
