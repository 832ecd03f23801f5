"""Re-authentication of honest people at a given detection of attackers, on the RBA data set: see docs/rba.md.

``make bench-rba RBA=path/to/rba-dataset.csv``. Every login is scored before anything is learned of it, in time order.
Two scores: Weir's feature account.risk alone, and the champion of the kind login, which learns from the data set's
labels a day later.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from reauthentication.attackers import NAIVE, TARGETED, VPN, Attackers
from reauthentication.figures import Scores
from reauthentication.world import World

from features.errors import WeirError
from models.scorers import Batch
from models.scorers.declared import LOGISTIC, Declared
from streams.files import open_input
from streams.logins.events import KIND, truth_of
from streams.logins.rba import BadRow, RbaRow, read_rba

RISK = "account.risk"
TAKEOVER, ATTACK_IP = "takeover", "attack IP"
SORTS = (TAKEOVER, ATTACK_IP, NAIVE, VPN, TARGETED)
DETECTIONS = (0.5, 0.8, 0.9, 0.95, 0.99)
DAY_MS = 86_400_000
DELAY_MS = DAY_MS
LEAST_DAYS = 7
BATCH = 200
MIN_LABELS = 200


class Evaluation:
    """Takes rows in time order. ``share``: of honest logins, before how many each sort of attacker tries."""

    def __init__(self, share: float, seed: int = 1) -> None:
        self.world = World()
        self.counts: Counter[str] = Counter()
        names = self.world.catalogue.names
        self._names = names
        self._risk_at = names.index(RISK)
        self._model = Declared({KIND: self.world.catalogue}, MIN_LABELS).fresh(KIND, f"{KIND}.{LOGISTIC}")
        self.scores = {RISK: Scores(), f"{KIND}.{LOGISTIC}": Scores()}
        self._attackers = Attackers(seed)
        self._chance = random.Random(seed)
        self._share = share
        self._users: dict[str, int] = {}
        self._owners: dict[str, RbaRow] = {}
        self._waiting: list[tuple[str, int, tuple[float, ...]]] = []
        self._labels: deque[tuple[int, array[float], bool]] = deque()
        self._first_ms = 0
        self.span_ms = (sys.maxsize, -sys.maxsize)

    def take(self, row: RbaRow) -> None:
        self.counts["rows"] += 1
        self.span_ms = (min(self.span_ms[0], row.time_ms), max(self.span_ms[1], row.time_ms))
        owner = self._owners.get(row.user)
        honest = row.success and not row.attack_ip and not row.takeover
        if honest and owner is not None and self._chance.random() < self._share:
            for sort, one in self._attackers.tries(owner, row.time_ms):
                self._ask(sort, one, self.world.what_if(one))
        vector = self.world.see(row)
        sort = TAKEOVER if row.takeover else ATTACK_IP if row.attack_ip else "honest" if honest else "failed"
        self.counts[sort] += 1
        if owner is not None and sort != "failed":
            # Of an account that was never entered before nobody can say what is unlike it.
            self._ask(sort, row, vector)
        truth = truth_of(row)
        if truth is not None:
            self._labels.append((row.time_ms + DELAY_MS, array("d", vector), truth[0] == "abuse"))
        if honest:
            self._owners[row.user] = row
        self._attackers.learn(row)
        if len(self._waiting) >= BATCH:
            self.judge()

    def judge(self) -> None:
        """Learn the labels that were given before the first that waits, then score what waits."""
        due = []
        while self._waiting and self._labels and self._labels[0][0] <= self._first_ms:
            due.append(self._labels.popleft())
        if due:
            batch = Batch.of(self._names, [vector for _, vector, _ in due])
            self._model.learn(batch, [abuse for _, _, abuse in due])
        if not self._waiting:
            return
        found = self._model.score_many(Batch.of(self._names, [vector for _, _, vector in self._waiting]))
        for (sort, user, vector), score in zip(self._waiting, found, strict=True):
            self._note(RISK, sort, user, vector[self._risk_at])
            if self._model.ready:
                self._note(f"{KIND}.{LOGISTIC}", sort, user, float(score))
        self._waiting.clear()

    def _ask(self, sort: str, row: RbaRow, vector: tuple[float, ...]) -> None:
        if not self._waiting:
            self._first_ms = row.time_ms
        self._waiting.append((sort, self._users.setdefault(row.user, len(self._users)), vector))

    def _note(self, name: str, sort: str, user: int, score: float) -> None:
        if sort == "honest":
            self.scores[name].add_honest(user, score)
        else:
            self.scores[name].add_attacker(sort, score)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The table: overall rate and the median user's, at each detection."""
    counts = evaluation.counts
    yield (
        f"{counts['rows']:,} rows ({counts['bad']:,} more are none): {counts['honest']:,} honest logins, "
        f"{counts[ATTACK_IP]:,} from attackers' addresses, {counts[TAKEOVER]:,} takeovers, "
        f"{counts['failed']:,} other failures"
    )
    yield ""
    head = "".join(f"{f'{detection:.0%}':>16}" for detection in DETECTIONS)
    yield f"{'attackers':<12}{'score':<16}{'tries':>9}{head}"
    for sort in SORTS:
        for name, scores in evaluation.scores.items():
            tries = len(scores.attackers.get(sort, ()))
            cells = [scores.rates(sort, detection) for detection in DETECTIONS]
            told = "".join("               -" if c is None else f"{c.overall:>8.2%}{c.median:>8.2%}" for c in cells)
            yield f"{sort:<12}{name:<16}{tries:>9,}{told}"
    yield ""
    yield "Of each pair: the part of honest logins that is asked again, of all, and of the median user's."
    for name, scores in evaluation.scores.items():
        users = len(np.unique(np.frombuffer(scores.users, dtype=np.int64))) if scores.users else 0
        yield f"{name}: {len(scores.honest):,} honest logins of {users:,} users, each behind the user's first"
    days = (evaluation.span_ms[1] - evaluation.span_ms[0]) / DAY_MS
    if days < LEAST_DAYS:
        yield f"It covers {max(0.0, days):.2g} days, in which accounts have no history: NO FIGURE HERE MEANS A THING."
    if not counts[TAKEOVER]:
        yield "There is no account takeover in this file: it says nothing about how many are detected."
    if not evaluation.scores[f"{KIND}.{LOGISTIC}"].honest:
        yield f"{KIND}.{LOGISTIC} never had {MIN_LABELS} labels of each class: it has no figure."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the data set, CSV or .gz; - is standard input")
    parser.add_argument("--rows", type=int, help="only so many rows from the start")
    parser.add_argument("--tries", type=float, default=0.05, help="part of honest logins before which attackers try")
    options = parser.parse_args()
    evaluation = Evaluation(options.tries)
    begun_s = time.process_time()
    try:
        with open_input(options.file) as opened:
            for row in read_rba(opened.stream):
                if isinstance(row, BadRow):
                    evaluation.counts["bad"] += 1
                    continue
                evaluation.take(row)
                if evaluation.counts["rows"] == options.rows:
                    break
    except WeirError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    evaluation.judge()
    for line in lines(evaluation):
        print(line)
    rows = max(1, evaluation.counts["rows"])
    spent_us = (time.process_time() - begun_s) * 1e6 / rows
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{spent_us:.0f} µs of CPU a row, tries included; {peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
