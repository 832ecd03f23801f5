"""Blocks through Dask, on this machine or on many: every task is one block, and needs nothing but the plan."""

from __future__ import annotations

import hashlib
import importlib
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from features.errors import WeirError
from streams.offline.backtest.blocks import Part, content_of
from streams.offline.backtest.firing import Fired, Firing
from streams.offline.backtest.plan import Plan

LOCAL = "local"
_TIMEOUT_S = 20
_ready = threading.local()


class DaskAway(WeirError):
    """Dask is not installed, or no scheduler answers: the text says which, and what to do."""


@contextmanager
def dask_submit(plan: Plan, address: str, workers: int) -> Iterator[tuple[Callable[[bytes | Part], Any], int]]:
    """How to hand over a block, and how many processes there are; ``local`` begins ``workers`` of them here.

    Raises DaskAway.
    """
    try:
        dask: Any = importlib.import_module("distributed")
    except ImportError:
        raise DaskAway(
            "Dask is not installed: pip install 'dask[distributed]' (the extra weir[dask]), here and on all its "
            "machines, or leave --dask out"
        ) from None
    if address == LOCAL:
        options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.ERROR}
        with (
            dask.LocalCluster(workers, **options) as cluster,
            dask.Client(cluster) as client,
        ):
            yield _submit(client, replace(plan, code="")), workers
        return
    try:
        client = dask.Client(address, timeout=_TIMEOUT_S)
    except (OSError, ValueError, TypeError) as error:
        raise DaskAway(f"no Dask scheduler answers at {address}: {type(error).__name__}") from None
    with client:
        count = sum(client.nthreads().values())
        if not count:
            raise DaskAway(f"the Dask scheduler at {address} has no workers: start some with 'dask worker {address}'")
        yield _submit(client, plan), count


def _submit(client: Any, plan: Plan) -> Callable[[bytes | Part], Any]:
    name = hashlib.blake2b(pickle.dumps(plan), digest_size=16).hexdigest()
    sent = client.scatter(plan, broadcast=True)

    def submit(content: bytes | Part) -> Any:
        # Another machine may not have the file.
        return client.submit(_fire, sent, name, content_of(content), pure=False)

    return submit


def _fire(plan: Plan, name: str, data: bytes) -> Fired:
    """A thread of a worker keeps what it made ready for the plan that it met last."""
    if getattr(_ready, "name", None) != name:
        _ready.firing = Firing(plan)
        _ready.name = name
    firing: Firing = _ready.firing
    return firing.block(data)
