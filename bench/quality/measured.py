"""From scores to the figures of the report: plain values, the same for the table, the file and the drawings."""

from __future__ import annotations

import msgspec
import numpy as np

from quality.contest import CHOSEN_ON, Contest
from quality.entrants import BOGOFILTER
from quality.figures import RESAMPLES, Places, Scores, Truth, allowed, auc, intervals, missed_at, recall_at

RATES = ("0.001", "0.01")
Interval = tuple[float, float]


class Worth(msgspec.Struct, frozen=True):
    """Of some mails. ``auc_error``: (1-AUC)%; ``recall``: % by rate of false positives; each with its interval."""

    auc_error: float
    auc_error_interval: Interval
    recall: dict[str, float]
    recall_interval: dict[str, Interval]


class Fewer(msgspec.Struct, frozen=True):
    """Missed abuse at the same false positives beside bogofilter: how many % fewer, with its interval."""

    missed: int
    missed_by_bogofilter: int
    percent: float | None
    interval: Interval


class Row(msgspec.Struct, frozen=True):
    """``later``: of the mails after the first 2,000, None where there are none. ``fewer``: by rate."""

    name: str
    score_us: float
    learn_us: float
    all: Worth
    later: Worth | None
    fewer: dict[str, Fewer]


class Degraded(msgspec.Struct, frozen=True):
    """One row under one condition."""

    name: str
    condition: str
    all: Worth
    later: Worth | None


class Measured(msgspec.Struct, frozen=True):
    """``false_positives``: by rate, how many of the legitimate mails may be flagged."""

    corpus: str
    mails: int
    abuse: int
    left_out: int
    first: int
    last: int
    false_positives: dict[str, int]
    rows: list[Row]
    degraded: list[Degraded]
    river_on_the_first: dict[str, float]


def measured(contest: Contest, resamples: int = RESAMPLES) -> Measured:
    corpus, abuse = contest.corpus, contest.corpus.abuse
    beside = contest.rows[BOGOFILTER].scores
    return Measured(
        corpus=corpus.name,
        mails=len(abuse),
        abuse=int(abuse.sum()),
        left_out=corpus.left_out,
        first=corpus.mails[0].time_ms,
        last=max(mail.time_ms for mail in corpus.mails),
        false_positives={rate: allowed(rate, int((~abuse).sum())) for rate in RATES},
        rows=[
            Row(
                name,
                run.score_us,
                run.learn_us,
                *_both(run.scores, abuse, resamples),
                {} if name == BOGOFILTER else _fewer(run.scores, beside, abuse, resamples),
            )
            for name, run in contest.rows.items()
        ],
        degraded=[
            Degraded(name, condition, *_both(run.scores, abuse, resamples))
            for (name, condition), run in contest.degraded.items()
        ],
        river_on_the_first=contest.river,
    )


def _both(scores: Scores, abuse: Truth, resamples: int) -> tuple[Worth, Worth | None]:
    later = abuse[CHOSEN_ON:]
    has_later = bool(later.any()) and not later.all()
    return (
        _worth(scores, abuse, resamples),
        _worth(scores[CHOSEN_ON:], later, resamples) if has_later else None,
    )


def _worth(scores: Scores, abuse: Truth, resamples: int) -> Worth:
    def of(places: Places) -> list[float]:
        some, truth = scores[places], abuse[places]
        return [100 * (1 - auc(some, truth)), *(100 * recall_at(some, truth, rate) for rate in RATES)]

    error, *recalls = of(np.arange(len(abuse)))
    sure, *sures = intervals(abuse, of, resamples)
    return Worth(error, sure, dict(zip(RATES, recalls, strict=True)), dict(zip(RATES, sures, strict=True)))


def _fewer(scores: Scores, beside: Scores, abuse: Truth, resamples: int) -> dict[str, Fewer]:
    """On the same drawn mails for both: where bogofilter misses nothing there, nothing is fewer."""

    def of(places: Places) -> list[float]:
        truth = abuse[places]
        pairs = [(missed_at(scores[places], truth, rate), missed_at(beside[places], truth, rate)) for rate in RATES]
        return [100 * (1 - mine / theirs) if theirs else 0.0 for mine, theirs in pairs]

    found = {}
    for rate, interval in zip(RATES, intervals(abuse, of, resamples), strict=True):
        mine, theirs = missed_at(scores, abuse, rate), missed_at(beside, abuse, rate)
        found[rate] = Fewer(mine, theirs, 100 * (1 - mine / theirs) if theirs else None, interval)
    return found
