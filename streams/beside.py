"""Changes that may take long to take, beside whoever tells of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Take = Callable[[str, bytes | None], bool]


class Beside:
    """``tell`` returns at once; a thread of its own calls ``take`` with one key after the other.

    Of several values of a key only the newest is taken. Where ``take`` returns True, the value is taken once more
    ``again_s`` later, unless the key has another by then. ``name``: the thread's.
    """

    def __init__(self, name: str, take: Take, again_s: float) -> None:
        self._name = name
        self._take = take
        self._again_s = again_s
        # By key its value, and when it is to be taken (monotonic seconds).
        self._waiting: dict[str, tuple[bytes | None, float]] = {}
        self._changing = threading.Condition()
        self._running = False

    def tell(self, key: str, value: bytes | None) -> None:
        with self._changing:
            # At the end, behind what was told before.
            self._waiting.pop(key, None)
            self._waiting[key] = (value, time.monotonic())
            self._changing.notify()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            key, value = due
            if self._take(key, value):
                with self._changing:
                    self._waiting.setdefault(key, (value, time.monotonic() + self._again_s))

    def _next(self) -> tuple[str, bytes | None] | None:
        """Waits until one is due; None: there is none, and the thread ends."""
        with self._changing:
            while self._waiting:
                now_s = time.monotonic()
                for key, (value, due_s) in self._waiting.items():
                    if due_s <= now_s:
                        del self._waiting[key]
                        return key, value
                self._changing.wait(min(due_s for _, due_s in self._waiting.values()) - now_s)
            self._running = False
            return None
