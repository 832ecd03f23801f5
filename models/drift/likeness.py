"""Like with like: an hour's means beside those of the same hour of the days before, and of the same day last week.

How far a mean has moved is measured in standard deviations of its noise, after what is no drift is taken off: what
volume and history explain (unlike.py), and a least effect, of which nobody needs to know.

Its noise is that of n events in bursts of like ones: ``within (1 / sampled + bursts / n)``, the length of the bursts
learned from what earlier comparisons left over (the design effect of cluster sampling, Kish 1965). Days that are
unlike in volume or history weigh less, so that the Monday after a weekend is held against the Friday before.
What was so last week, too, is the rhythm of the week and has not moved; what only tells the time waits for that week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.drift.hours import Block
from models.drift.past import DAY, SLOTS, Past
from models.drift.scale import Array
from models.drift.unlike import history_apart, learn_slopes, slopes, volume_apart

_NEAR = (1, 2, 3)
_WEEK = (7,)
_LEAST_SD = 0.1
_LEAST = 0.01
_RANGE = 2.0
# Comparisons that the length of bursts looks back, those that its first guess stands for, how far an outlier counts.
_COMPARISONS = 72.0
_GUESS = 12.0
_WINSOR = 3.0
_LONGEST_BURST = 1e4
_TINY = 1e-9
# What differs among an hour's events by less than this part of what it does from hour to hour tells the time, or
# what all traffic is like: the hour of the week, what everyone does.
_COMMON = 0.1


@dataclass(frozen=True, slots=True)
class Compared:
    """Of d columns: how far the mean has moved, in standard deviations (NaN: nothing to compare), from what to what.

    ``sizes``: the movement in standard deviations among events.
    """

    moved: Array
    before: Array
    after: Array
    sizes: Array


def compare(past: Past, block: Block, usual: NDArray[np.bool_]) -> Compared:
    """The block beside the past, which learns from it what noise is usual, in columns that are ``usual`` at present.

    The block's own hour is not kept yet.
    """
    between = past.between()
    common = _COMMON * between
    within = np.maximum(past.within, common)
    # What has one value a moment has had few: it moves when it leaves the range in which it was.
    least = _LEAST + np.where(past.within < common, _RANGE * np.sqrt(between), _LEAST_SD * np.sqrt(within))
    near, before = _beside(past, block, within, least, _NEAR, usual)
    week, _ = _beside(past, block, within, least, _WEEK, None)
    known = ~np.isnan(week)
    less = np.sign(near) * np.where(np.sign(week) == np.sign(near), np.minimum(abs(near), abs(week)), 0.0)
    moved = np.where(known, less, np.where(past.within < common, np.nan, near))
    return Compared(moved, before, block.means, (block.means - before) / np.sqrt(within + _TINY))


def _beside(
    past: Past,
    block: Block,
    within: Array,
    least: Array,
    days: Sequence[int],
    usual: NDArray[np.bool_] | None,
) -> tuple[Array, Array]:
    """How far the means have moved from those of the same hour, so many days ago, and what these were; NaN: none."""
    days = [day for day in days if block.index - DAY * day >= past.first]
    if not days:
        nothing = np.full_like(block.means, np.nan)
        return nothing, nothing
    indices = [block.index - DAY * day for day in days]
    slots = [index % SLOTS for index in indices]
    means = past.means[slots].astype(np.float64)
    counts = past.counts[slots].astype(np.float64)
    seen = np.maximum(past.seen[slots], 1.0)[:, None]
    there = (block.counts > 0) & (counts > 0).any(axis=0)
    sampled, burst = 1.0 / np.maximum(counts, 1.0), 1.0 / seen
    noise = within * (sampled + past.bursts * burst)
    unlike, history = np.zeros_like(means), np.zeros_like(means)
    if usual is not None:
        level = np.minimum(1.0, np.maximum(abs(means), abs(block.means)))
        history = history_apart(past, block, indices)
        slope = slopes(past, np.maximum(level.max(axis=0), np.sqrt(within)))
        unlike = level * volume_apart(past, block, indices)[:, None] + slope * history
    weights = np.where(counts > 0, 1.0 / (noise + unlike**2 + _TINY), 0.0)
    share = weights / np.maximum(weights.sum(axis=0), 1e-300)
    before = (share * means).sum(axis=0)
    difference = block.means - before
    own_sampled, own_burst = 1.0 / np.maximum(block.counts, 1.0), 1.0 / block.seen
    variance = within * (own_sampled + past.bursts * own_burst) + (share**2 * noise).sum(axis=0) + _TINY
    rest = np.maximum(0.0, abs(difference) - (share * unlike).sum(axis=0))
    beyond = np.maximum(0.0, rest - least)
    if usual is not None:
        squared = np.minimum(rest**2, _WINSOR**2 * variance)
        by_sampling = within * (own_sampled + (share**2 * sampled).sum(axis=0))
        by_burst = within * (own_burst + (share**2 * burst).sum(axis=0)) + 1e-12
        learn_slopes(past, difference, (share * history).sum(axis=0), there & usual)
        _learn_bursts(past, np.clip((squared - by_sampling) / by_burst, 0.0, _LONGEST_BURST), there & usual)
    moved = np.sign(difference) * beyond / np.sqrt(variance)
    return np.where(there, moved, np.nan), np.where(there, before, np.nan)


def _learn_bursts(past: Past, found: Array, there: NDArray[np.bool_]) -> None:
    """Let the length of bursts follow what was found."""
    past.compared += there
    gain = 1.0 / np.minimum(past.compared + _GUESS, _COMPARISONS)
    past.bursts = np.where(there, past.bursts + gain * (found - past.bursts), past.bursts)
