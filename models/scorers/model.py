"""What a data scientist declares: a model's name, its kind, and how to make it; the rest is done for him."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.errors import ModelError

# ``<kind>.<name>``; what learns anew of the same declaration has ``-2``, ``-3``, … appended.
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Model:
    """``make``: from the names of the inputs, in order, to an untrained scorer, or a River estimator.

    ``inputs``: the features that it reads; None: all of its kind. ``share``: the part of its kind's events that it
    scores while it is a challenger, by a hash of the decision id.
    """

    name: str
    make: Callable[[tuple[str, ...]], Any]
    inputs: tuple[str, ...] | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ModelError(f"model {self.name!r}: name it '<kind>.<name>', in lower-case letters, digits and _")
        if not 0 < self.share <= 1:
            raise ModelError(f"model {self.name}: share is {self.share}: write a number above 0, at most 1")

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]
