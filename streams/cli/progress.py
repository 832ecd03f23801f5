"""What a long command shows while it works: a bar on a terminal, nothing anywhere else; and its pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

_EVERY_S = 0.1


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with (how far of ``total``, how many items); it may be called for every item."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _items: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[items]:,}"), console=console, transient=True) as bar:
        task = bar.add_task(what, total=total or None, items=0)
        shown_s = 0.0

        def show(done: int, items: int) -> None:
            nonlocal shown_s
            now_s = time.monotonic()
            if now_s - shown_s >= _EVERY_S:
                shown_s = now_s
                bar.update(task, completed=done, items=items)

        yield show


class Pace:
    """Holds a loop to ``rate`` turns a second; None: as fast as it goes."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._started_s = time.monotonic()
        self._turns = 0

    def wait(self) -> None:
        """Return when the next turn is due."""
        if self._rate is None:
            return
        due_s = self._started_s + self._turns / self._rate
        self._turns += 1
        left_s = due_s - time.monotonic()
        if left_s > 0:
            time.sleep(left_s)
