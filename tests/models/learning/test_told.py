"""What a score meant when it was told."""

from __future__ import annotations

from models.learning.calibration import IDENTITY, Calibration
from models.learning.told import Meaning, at, change


def test_an_event_is_judged_by_what_was_in_force_when_it_happened() -> None:
    meanings: list[Meaning] = []
    change(meanings, Meaning(100, IDENTITY, {"0.01": 0.5}))
    change(meanings, Meaning(200, Calibration(2.0), {"0.01": 0.7}))
    assert at(meanings, 99) == Meaning(0, IDENTITY)
    assert at(meanings, 100).raw == {"0.01": 0.5}
    assert at(meanings, 199).raw == {"0.01": 0.5}
    assert at(meanings, 10**15).calibration == Calibration(2.0)


def test_of_one_moment_the_last_word_counts_and_what_is_no_change_is_not_kept() -> None:
    meanings: list[Meaning] = []
    change(meanings, Meaning(100, IDENTITY, {"0.01": 0.5}))
    change(meanings, Meaning(100, IDENTITY, {"0.01": 0.6}))
    change(meanings, Meaning(150, IDENTITY, {"0.01": 0.6}))
    assert meanings == [Meaning(100, IDENTITY, {"0.01": 0.6})]


def test_many_are_thinned_out_where_they_are_old_and_the_newest_stay() -> None:
    meanings: list[Meaning] = []
    for ms in range(100_000):
        change(meanings, Meaning(ms, IDENTITY, {"0.01": ms / 1e6}))
    assert len(meanings) <= 256
    assert at(meanings, 99_999).since_ms == 99_999
    assert at(meanings, 99_900).since_ms == 99_900
    assert [one.since_ms for one in meanings] == sorted(one.since_ms for one in meanings)
    assert 0 < 50_000 - at(meanings, 50_000).since_ms < 50_001
