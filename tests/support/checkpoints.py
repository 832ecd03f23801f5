"""Small checkpoints of one input, to put into a registry."""

from __future__ import annotations

from typing import Any

from models.registry import Manifest
from models.scorers import Batch, Logistic


def manifest(made_ms: int = 1, model: str = "login.logistic", **more: Any) -> Manifest:
    return Manifest(model=model, kind="login", schema="s", learned=0, made_ms=made_ms, **more)


def scorer(examples: int) -> Logistic:
    made = Logistic(("a",), 1)
    for number in range(examples):
        made.learn(Batch.of(("a",), [[float(number)]]), [number % 2 == 0])
    return made
