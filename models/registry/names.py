"""How the registry's files are called: a checkpoint's name tells all that keeping and pruning must know."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.registry.manifest import Manifest

MODELS, KEPT, WEIGHTS, STATES = "models", "kept", "weights", "states"
_NO_STATE = "none"
_NAME = re.compile(r"([0-9]{1,15})-([0-9a-f]{32})-([0-9a-f]{64})-([0-9a-f]{64}|none)\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The name of a manifest's file. ``state``: "" where there is none."""

    model: str
    made_ms: int
    version: str
    weights: str
    state: str

    @classmethod
    def of(cls, manifest: Manifest) -> Checkpoint:
        return cls(manifest.model, manifest.made_ms, manifest.version, manifest.weights, manifest.state)

    @classmethod
    def parse(cls, model: str, file: str) -> Checkpoint | None:
        """None: no checkpoint is called so."""
        match = _NAME.fullmatch(file)
        if match is None:
            return None
        made_ms, version, weights, state = match.groups()
        return cls(model, int(made_ms), version, weights, "" if state == _NO_STATE else state)

    @property
    def name(self) -> str:
        rest = f"{self.version}-{self.weights}-{self.state or _NO_STATE}"
        return f"{MODELS}/{self.model}/{self.made_ms:013d}-{rest}.json"


def weights_name(weights: str) -> str:
    return f"{WEIGHTS}/{weights}.pickle"


def state_name(state: str) -> str:
    return f"{STATES}/{state}.state"


def kept_name(model: str, version: str) -> str:
    return f"{KEPT}/{model}/{version}.json"
