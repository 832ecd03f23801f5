"""Evidence that a challenger is better, looked at after every label."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from support.duels import first_promotion, outcomes

from models.learning.duel import Duel

RUNS = 100


@pytest.mark.parametrize("base_rate", [0.5, 0.02])
@pytest.mark.parametrize("better", [-0.03, 0.0])
def test_one_that_is_worse_or_equal_is_found_better_in_at_most_one_run_of_a_hundred(
    better: float, base_rate: float
) -> None:
    found = [first_promotion(seed, 1_200, better, base_rate) for seed in range(RUNS)]
    assert sum(one is not None for one in found) <= RUNS / 100


def test_equal_probabilities_are_no_evidence_at_all() -> None:
    duel = Duel()
    for at in range(2_000):
        duel.add(0.3, 0.3, at % 5 == 0, 0.2)
    assert duel.evidence == pytest.approx(1.0)
    assert duel.gain == 0.0


@pytest.mark.parametrize(("better", "base_rate", "within"), [(0.7, 0.5, 400), (0.7, 0.2, 800), (0.3, 0.2, 2_500)])
def test_a_better_one_is_found_within_a_stated_number_of_labels(better: float, base_rate: float, within: int) -> None:
    found = [first_promotion(seed, within, better, base_rate) for seed in range(20)]
    assert sum(one is not None for one in found) >= 18


def test_one_that_is_better_at_times_and_worse_as_often_is_not_found_better() -> None:
    """Worse first, so that at no time since the beginning, nor since a later start, it has been better on average."""
    n = 4_000
    better = np.where(np.arange(n) // 64 % 2 == 0, -0.15, 0.14)
    found = [first_promotion(seed, n, better) for seed in range(40)]
    assert sum(one is not None for one in found) <= 1


def test_one_that_was_worse_while_it_was_young_is_found_better_all_the_same() -> None:
    n = 5_000
    better = np.where(np.arange(n) < 1_000, -0.3, 0.5)
    found = [first_promotion(seed, n, better) for seed in range(10)]
    assert all(one is not None and one > 1_000 for one in found)


def test_where_abuse_is_rare_finding_it_counts_as_much_as_sparing_the_others() -> None:
    rare = 0.01
    finds, spares = Duel(), Duel()
    for at in range(10_000):
        abuse = at % 100 == 0
        # At the base rate as prior, both champions know nothing.
        finds.add(0.5 if abuse else rare, rare, abuse, rare)
        spares.add(rare if abuse else rare / 100, rare, abuse, rare)
    assert finds.evidence > 1e6
    assert spares.evidence > 1e6
    assert 0.5 < finds.gain / spares.gain < 2


def test_certainties_that_are_wrong_are_worth_the_most_that_can_be_lost() -> None:
    duel = Duel()
    assert duel.add(1.0, 0.0, False, 0.5) == -1.0
    assert duel.add(0.0, 1.0, False, 0.5) == 1.0
    assert duel.add(5e-324, 1.0, True, 0.999999) > -1.0
    assert math.isfinite(duel.evidence)


def test_written_down_and_continued_it_is_the_same() -> None:
    own, champion, abuse = outcomes(1, 3_000, 0.2)
    one, other = Duel("a"), Duel("a")
    for at in range(3_000):
        for duel in (one, other):
            duel.add(float(own[at]), float(champion[at]), bool(abuse[at]), 0.2)
        if at % 400 == 0:
            other = msgspec.msgpack.decode(msgspec.msgpack.encode(other), type=Duel)
    assert one == other
    assert len(one.starts) == 3
