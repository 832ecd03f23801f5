"""One corpus' whole contest: all rows alone, one after the other, then how they degrade, two at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from quality.bogofilter import Program
from quality.conditions import AT_ONCE
from quality.entrants import BOGOFILTER, BOGOFILTER_MEETS, RIVER, WEIR_CHAMPION, WEIR_TABULAR, WEIR_TEXT, Field
from quality.figures import auc
from quality.mails import Corpus
from quality.protocol import Run
from quality.river_text import BASELINES
from quality.weir import features_of

# Whoever chooses anything chooses it by these mails; the others are reported on by themselves, too.
CHOSEN_ON = 2000
# A row of Weir's is quick, and its cost is the least of so many runs, which must give the same scores.
ROUNDS = 3
Task = tuple[str, str]
Tell = Callable[[str], None]
_field: Field | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """``rows``: by name, with prompt labels. ``degraded``: by row and condition; ``AT_ONCE`` among them.

    ``river``: (1-AUC)% of River's baselines on the first ``CHOSEN_ON`` mails, by name; the best one is a row.
    """

    corpus: Corpus
    rows: dict[str, Run]
    degraded: dict[Task, Run]
    river: dict[str, float]


def contest(corpus: Corpus, bogofilter: Program, conditions: Sequence[str], tell: Tell) -> Contest:
    """``conditions``: those to degrade under. ``tell`` is told what is being done."""
    global _field
    tell(f"{corpus.name}: {len(corpus.mails):,} mails; features")
    field = Field(corpus, features_of(corpus), bogofilter)
    tell(f"{corpus.name}: River's baselines on the first {CHOSEN_ON:,}")
    _field = field.first(CHOSEN_ON)
    names = [RIVER + name for name in BASELINES]
    tried = _parallel([(name, AT_ONCE) for name in names])
    river = {name: 100 * (1 - auc(tried[name, AT_ONCE].scores, _field.corpus.abuse)) for name in names}
    rows: dict[str, Run] = {}
    for row in dict.fromkeys(
        (WEIR_TEXT, WEIR_TABULAR, WEIR_CHAMPION, min(river, key=lambda name: river[name]), BOGOFILTER)
    ):
        tell(f"{corpus.name}: {row}")
        rounds = [field.run(row) for _ in range(ROUNDS if row == WEIR_TEXT else 1)]
        if any(not np.array_equal(one.scores, rounds[0].scores) for one in rounds):
            raise AssertionError(f"{row} gave other scores when asked again")
        rows[row] = min(rounds, key=lambda one: one.score_us)
    tell(f"{corpus.name}: labels that are late, wrong or poisoned")
    _field = field
    # The long ones begin first.
    tasks = [(BOGOFILTER, one) for one in conditions if one in BOGOFILTER_MEETS]
    ours = tuple(dict.fromkeys((WEIR_TEXT, WEIR_CHAMPION)))
    tasks += [(row, one) for one in conditions if one != AT_ONCE for row in ours]
    degraded = {(row, AT_ONCE): rows[row] for row in (*ours, BOGOFILTER)} | _parallel(tasks)
    return Contest(corpus, rows, degraded, river)


def _parallel(tasks: Sequence[Task]) -> dict[Task, Run]:
    # Forked: the mails, which are large, are not sent to them.
    workers = min(2, len(os.sched_getaffinity(0)))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        return dict(zip(tasks, pool.map(_run, tasks), strict=True))


def _run(task: Task) -> Run:
    assert _field is not None
    return _field.run(*task)
