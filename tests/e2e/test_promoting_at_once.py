"""Several who promote at the same moment: each is told what became of it, and the history has all that counted."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from support.pipeline import Pipeline

from streams.champions import Champion, Promotion
from streams.clients.control_state import read_control
from streams.promotion import PromotionError, Standing, crown, standing_of

ROUNDS, AT_ONCE = 4, 3


@pytest.mark.services
def test_who_was_told_that_it_counts_stands_in_the_history_and_the_others_were_told_that_it_does_not(
    services: Any, tmp_path: Path
) -> None:
    with Pipeline(services, tmp_path) as pipeline:

        def standing() -> Standing:
            return standing_of("login", read_control(pipeline.settings), "login.logistic")

        counted: list[str] = []
        refused: list[str] = []

        def promote(name: str, before: Standing, start: threading.Barrier) -> None:
            promotion = Promotion(champion=Champion(name), replaced=before.champion, at_ms=1, by="t")
            start.wait(30)
            try:
                crown(pipeline.settings, before, promotion)
            except PromotionError as error:
                refused.append(str(error))
            else:
                counted.append(name)

        for number in range(ROUNDS):
            before, start, told = standing(), threading.Barrier(AT_ONCE), len(counted)
            threads = [
                threading.Thread(target=promote, args=(f"login.m{number}-{one + 2}", before, start))
                for one in range(AT_ONCE)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            # Who was fenced in the middle may have been told that nothing came of it, and may be all of them.
            assert len(counted) - told <= 1
            now = standing()
            assert [str(one.champion) for one in now.history] == counted[::-1]
            assert str(now.champion) == (counted[-1] if counted else "login.logistic")
        assert len(counted) + len(refused) == ROUNDS * AT_ONCE
        assert counted
        assert all("nothing was done" in words for words in refused), refused
