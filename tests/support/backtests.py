"""Backtests in tests: bundles from text, a worker that decides simulated logins, and both through the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from support.deciding import LOGIN, Worker

from features.store.contract import Store
from features.store.memory import MemoryStore
from models.bundle import RULEBOOK, Bundle, compile_bundle, read_text
from streams.offline.backtest.blocks import block_lines
from streams.offline.backtest.plan import Plan, Sent, code_hash
from streams.offline.backtest.run import Backtest, run
from streams.offline.backtest.source import Source
from streams.record import Record
from streams.simulator.run import simulate
from streams.standing import Standing
from streams.wire import RecordRef

RULE = """
[[rule]]
id = "{id}"
kind = "login"
when = {when!r}
action = "{action}"
reason = "as told"
owner = "tests"
mode = "{mode}"
cases = []
"""
LATEST_MS = 4_000_000_000_000


def bundle(
    *rules: tuple[str, str, str], policy: str = "", lists: Mapping[str, str] | None = None, shipped: bool = False
) -> Bundle:
    """A login bundle of these rules: (id, condition, action), in place of those that ship or beside them.

    An id that ends in ``?`` makes a shadow rule.
    """
    text = read_text("login", [RULEBOOK])
    written = "".join(
        RULE.format(id=name.rstrip("?"), when=when, action=action, mode="shadow" if name.endswith("?") else "live")
        for name, when, action in rules
    )
    files = (text.rules if shipped else {}) | ({"mine.toml": written} if rules else {})
    named = {f"lists/{name}.toml": words for name, words in (lists or {}).items()}
    changed = msgspec.structs.replace(
        text,
        rules=files,
        policy=("policy.toml", policy) if policy else text.policy,
        lists={**text.lists, **named},
    )
    return compile_bundle(changed, LOGIN)


@cache
def logins(count: int, seed: int = 5) -> tuple[bytes, ...]:
    """Simulated logins, more of them attacks than usual."""
    events = simulate(count * 2, seed, attacks=0.4)
    return tuple(one.record for one in events if one.kind == "login")[:count]


def decide(
    records: Iterable[bytes],
    judge: Bundle,
    prepare: Callable[[Standing], None] | None = None,
    *,
    at_once: int = 1,
    store: Store | None = None,
) -> list[bytes]:
    """The verdicts of one worker in micro-batches of ``at_once``; ``prepare`` sets what people set live."""
    worker = Worker(store or MemoryStore(), judge)
    if prepare is not None:
        prepare(worker.standing)

    async def all_of_them() -> None:
        taken = [Record(None, one, RecordRef("login", "id", 0, n, LATEST_MS)) for n, one in enumerate(records)]
        for begin in range(0, len(taken), at_once):
            await worker.decider.decide(taken[begin : begin + at_once])

    asyncio.run(all_of_them())
    return worker.records


def plan_of(candidate: Bundle, baseline: Bundle, *known: Bundle) -> Plan:
    sent = [Sent(one.hash, one.text) for one in (candidate, baseline, *known)]
    return Plan(
        kinds_folders=(),
        schemas={"login": LOGIN.schema},
        code=code_hash(),
        candidate={"login": sent[0]},
        baseline={"login": sent[1]},
        known={one.hash: one for one in sent},
    )


def backtest(
    verdicts: Sequence[bytes], plan: Plan, *, block_bytes: int = 100_000, **options: Any
) -> tuple[Any, dict[str, tuple[str, str]], list[tuple[str, int]]]:
    """The report, by event id the actions of candidate and baseline, and the lines that were refused."""
    decisions: dict[str, tuple[str, str]] = {}
    refused: list[tuple[str, int]] = []

    def note(line: bytes, outcomes: Any) -> None:
        event = msgspec.json.decode(line)["data"]["event"]["id"]
        assert event not in decisions
        decisions[event] = (outcomes[0].action, outcomes[1].action)

    report = run(
        Backtest(plan=plan, names=("candidate", "baseline"), **{"measure": False, **options}),
        Source(block_lines("test", verdicts, block_bytes), "recorded"),
        lambda name, line, _error: refused.append((name, line)),
        note,
    )
    return report, decisions, refused


def actions(verdicts: Iterable[bytes]) -> dict[str, str]:
    """By event id."""
    data = [msgspec.json.decode(verdict)["data"] for verdict in verdicts]
    return {one["event"]["id"]: one["action"] for one in data}
