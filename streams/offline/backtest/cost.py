"""What each rule costs an event on this machine, measured on the first verdicts of the input."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import msgspec

from features.event import to_milliseconds
from models.backtest.comparison import CANDIDATE
from models.judge import Question
from models.rules.engine import RuleEngine
from models.rules.rule import read_rules
from streams.offline.backtest.blocks import Block
from streams.offline.backtest.firing import Fired, Firing

SAMPLE = 2000
_BLOCKS = 8
_ROUNDS = 3


class Sample:
    """The first verdicts of each kind: at most 2,000 of them, and none from behind the first 8 blocks."""

    def __init__(self, kinds: Iterable[str]) -> None:
        self.lines: dict[str, list[bytes]] = {kind: [] for kind in kinds}
        self._blocks = 0

    def add(self, block: Block, fired: Fired) -> None:
        self._blocks += 1
        if self._blocks > _BLOCKS:
            return
        split = block.read().split(b"\n")
        for line, group in zip(fired.lines, fired.groups, strict=True):
            held = self.lines[fired.group_names[group].kind]
            if len(held) < SAMPLE:
                held.append(split[line])


def costs(firing: Firing, kind: str, lines: Sequence[bytes]) -> dict[str, float]:
    """Nanoseconds an event: by rule of the candidate, its condition alone; under "" all of them as one function.

    The least of three rounds over these verdicts. Empty where none of them is of this kind.
    """
    of_kind = firing.kind(kind)
    questions = []
    for line in lines:
        try:
            recorded, judging = firing.read(line)
            if judging is of_kind:
                questions.append(of_kind.questions(recorded, to_milliseconds(recorded.time))[CANDIDATE])
        except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
            continue
    if not questions:
        return {}
    bundle = of_kind.bundles[CANDIDATE]
    nothing_ns = _time_ns(RuleEngine(of_kind.catalogue, ()), questions)
    found = {"": _time_ns(bundle.engine, questions)}
    for rule, place in read_rules(bundle.text.rules):
        if rule.mode != "off":
            alone = RuleEngine(of_kind.catalogue, [(rule, place)])
            found[rule.id] = max(0.0, _time_ns(alone, questions) - nothing_ns)
    return found


def _time_ns(engine: RuleEngine, questions: Sequence[Question]) -> float:
    fired = engine.fired
    least = float("inf")
    for _ in range(_ROUNDS):
        begin_ns = time.perf_counter_ns()
        for one in questions:
            fired(one.data, one.vector, one.score, one.facts, one.entities)
        least = min(least, (time.perf_counter_ns() - begin_ns) / len(questions))
    return least
