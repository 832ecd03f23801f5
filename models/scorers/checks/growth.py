"""Whether a model stays as small and as quick as it was: it learns for months."""

from __future__ import annotations

import pickle
import sys
from typing import Any, NamedTuple

from models.scorers.base import Scorer
from models.scorers.checks.examples import Examples
from models.scorers.checks.trial import Find, Trial, teach

# Examples after which its size and its cost are looked at, until both stand still.
_STAGES = (1_000, 2_000, 4_000, 8_000)
_ASKED = 20


class _Stage(NamedTuple):
    learned: int
    bytes: int
    calls: int


def it_stays_small_and_quick(trial: Trial) -> Find:
    scorer, asked, stages = trial.make(), trial.examples(2).of(slice(0, _ASKED)), list[_Stage]()
    stream = trial.examples(1, _STAGES[-1])
    for stage in _STAGES:
        teach(scorer, stream.of(slice(stages[-1].learned if stages else 0, stage)))
        stages.append(_Stage(stage, _size(scorer), _calls(scorer, asked)))
        if len(stages) > 1 and not list(_growing(stages[-2], stages[-1], len(scorer.inputs))):
            return
    yield from _growing(stages[-2], stages[-1], len(scorer.inputs))


def _growing(before: _Stage, after: _Stage, inputs: int) -> Find:
    seen = f"after {before.learned:,} examples and {{:,}} after {after.learned:,}: bound it (max_depth, window_size)"
    # Half of what it would take to keep the examples themselves.
    if after.bytes - before.bytes > (after.learned - before.learned) * inputs * 4 + 4096:
        yield f"it grows without end: {before.bytes:,} bytes {seen.format(after.bytes)}"
    if after.calls > before.calls * 1.3 + 100:
        yield f"it gets slower without end: {_ASKED} scores take {before.calls:,} calls {seen.format(after.calls)}"


def _size(scorer: Scorer) -> int:
    """0 if it cannot be pickled: another check says so."""
    try:
        return len(pickle.dumps(scorer, protocol=5))
    except Exception:  # noqa: BLE001 - see above
        return 0


def _calls(scorer: Scorer, examples: Examples) -> int:
    """How many functions scoring calls, Python's and others: the same on every machine."""
    count = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        scorer.score_many(examples.batch)
    finally:
        sys.setprofile(before)
    return count
