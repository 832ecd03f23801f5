"""One labeller's share of a day, and the weight that makes rare abuse count as much as the many honest events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning import labellers as module
from models.learning.balance import LEAST, MOST, Balance
from models.learning.labellers import ALONE, MOST_A_DAY, Labellers
from models.learning.labels import GivenLabel

DAY_MS = 86_400_000


def label(by: str = "user", labeller: str = "mallory", time_ms: int = 5 * DAY_MS) -> GivenLabel:
    return GivenLabel("abuse", by, time_ms, labeller)


def taken(labellers: Labellers, count: int, **about: object) -> int:
    return sum(labellers.take(label(**about)) for _ in range(count))  # type: ignore[arg-type]


@pytest.mark.parametrize("by", MOST_A_DAY)
def test_a_labeller_has_his_share_of_a_day_and_not_one_label_more(by: str) -> None:
    labellers = Labellers()
    assert taken(labellers, MOST_A_DAY[by], by=by) == MOST_A_DAY[by]
    assert taken(labellers, 10, by=by) == 0
    assert taken(labellers, 1, by=by, labeller="alice") == 1


def test_the_next_day_begins_anew_and_the_past_has_no_days_left() -> None:
    labellers = Labellers()
    assert taken(labellers, 60) == 50
    assert taken(labellers, 60, time_ms=6 * DAY_MS) == 50
    for day in range(6):
        assert taken(labellers, 10, time_ms=day * DAY_MS) == 0


def test_a_user_who_reports_far_more_than_others_is_heard_no_more_than_they_are() -> None:
    labellers = Labellers()
    for number in range(400):
        assert taken(labellers, 1, labeller=f"honest{number % 100}", time_ms=(number // 50) * DAY_MS)
    days = range(8, 30)
    assert sum(taken(labellers, 40, time_ms=day * DAY_MS) for day in days) == ALONE
    # The next span begins anew.
    assert taken(labellers, 40, time_ms=40 * DAY_MS) == 40


def test_of_users_who_report_alike_none_is_held_back() -> None:
    labellers = Labellers()
    for day in range(1, 25):
        for name in ("ann", "ben", "cy"):
            assert taken(labellers, 30, labeller=name, time_ms=day * DAY_MS) == 30


def test_analysts_are_compared_with_nobody() -> None:
    labellers = Labellers()
    taken(labellers, 1, by="analyst", labeller="ann")
    assert taken(labellers, 3000, by="analyst", labeller="ben") == 3000


def test_one_name_in_two_roles_is_two_labellers() -> None:
    labellers = Labellers()
    assert taken(labellers, 60) == 50
    assert taken(labellers, 60, by="rule") == 60


def test_ever_new_names_fill_no_memory_and_share_one_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LABELLERS", 20)
    labellers = Labellers()
    got = sum(labellers.take(label(labeller=f"sock{number}")) for number in range(1000))
    assert got == 20 + ALONE
    assert len(labellers.taken) == 21


def test_no_name_is_kept() -> None:
    labellers = Labellers()
    taken(labellers, 1, labeller="mallory@example.com")
    assert "mallory" not in str(labellers)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_weights_stay_within_their_limits(labels: list[bool]) -> None:
    balance = Balance()
    assert all(LEAST <= balance.weigh(abuse) <= MOST for abuse in labels)


@pytest.mark.parametrize("every", [2, 5, 9])
def test_both_classes_weigh_alike_over_a_while(every: int) -> None:
    balance = Balance()
    weights = {True: 0.0, False: 0.0}
    for number in range(10_000):
        abuse = number % every == 0
        weights[abuse] += balance.weigh(abuse)
    assert weights[True] == pytest.approx(weights[False], rel=0.05)


def test_the_balance_follows_the_labels_of_late() -> None:
    balance = Balance()
    for _ in range(20_000):
        balance.weigh(False)
    before = balance.weigh(True)
    for _ in range(20_000):
        balance.weigh(True)
    assert before == MOST
    assert balance.weigh(True) < 1
