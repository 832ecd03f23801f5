"""Blocks through the processes of this machine, or of many: results come back in the order of the blocks."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from streams.offline.backtest.blocks import Block, Part, content_of
from streams.offline.backtest.firing import Fired, Firing
from streams.offline.backtest.on_dask import dask_submit
from streams.offline.backtest.plan import Plan

# Processes take seconds to begin: so much is done before they would be ready.
ALONE_BYTES = 200_000_000
# Blocks that are handed over before the oldest has come back, for each process.
_AHEAD = 2

Results = Iterator[tuple[Block, Fired]]
_firing: Firing | None = None


def fire(
    blocks: Iterable[Block],
    plan: Plan,
    here: Firing,
    *,
    workers: int = 1,
    dask: str | None = None,
    alone_bytes: int = ALONE_BYTES,
) -> Results:
    """What ``Firing`` makes of every block; ``here`` is this process's, made of the same plan.

    ``alone_bytes``: this process does so much before it begins others. ``dask``: the address of a scheduler, or
    "local"; raises DaskAway.
    """
    if dask is not None:
        with dask_submit(plan, dask, workers) as (submit, count):
            yield from _in_order(blocks, submit, count * _AHEAD)
        return
    blocks = iter(blocks)
    done = 0
    while workers == 1 or done < alone_bytes:
        block = next(blocks, None)
        if block is None:
            return
        data = block.read()
        yield block, here.block(data)
        done += len(data)
    # Begun anew: a copy of this process would hold the locks of its threads.
    context = multiprocessing.get_context("spawn")
    # The code is this machine's.
    plan = replace(plan, code="")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(plan,)) as pool:
        yield from _in_order(blocks, lambda content: pool.submit(_fire, content), workers * _AHEAD)


def _in_order(blocks: Iterable[Block], submit: Callable[[bytes | Part], Any], ahead: int) -> Results:
    waiting: deque[tuple[Block, Any]] = deque()
    for block in blocks:
        waiting.append((block, submit(block.content)))
        if len(waiting) > ahead:
            done, future = waiting.popleft()
            yield done, future.result()
    while waiting:
        done, future = waiting.popleft()
        yield done, future.result()


def _begin(plan: Plan) -> None:
    global _firing
    _firing = Firing(plan)


def _fire(content: bytes | Part) -> Fired:
    assert _firing is not None
    return _firing.block(content_of(content))
