"""What a registry may forget: old checkpoints, all but the newest states, and what nobody speaks of any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.registry.manifest import Manifest
from models.registry.names import MODELS, STATES, WEIGHTS, Checkpoint, state_name, weights_name
from models.registry.store import Store

_NEWEST = 5
# Somebody may be between writing weights and their manifest.
_GRACE_MS = 3_600_000


def prunable(
    store: Store, checkpoints: Mapping[str, Sequence[Checkpoint]], kept: Sequence[Manifest], before_ms: int
) -> list[str]:
    """The files to delete. ``checkpoints``: by model, oldest first; ``kept``: what is kept for good."""
    resumable = [one for several in checkpoints.values() for one in several[-_NEWEST:]]
    wanted = [one for several in checkpoints.values() for one in several if one.made_ms >= before_ms]
    promoted = [Checkpoint.of(one) for one in kept]
    stays = {one.name for one in [*resumable, *wanted, *promoted]}
    stays |= {weights_name(one.weights) for one in [*resumable, *wanted, *promoted]}
    stays |= {state_name(one.state) for one in resumable}
    known = [one for several in checkpoints.values() for one in several]
    told = {name for one in known for name in (weights_name(one.weights), state_name(one.state))}
    there = {f"{folder}/{name}" for folder in (WEIGHTS, STATES) for name in store.names(folder)}
    begun = {f"{MODELS}/{model}/{name}" for model in checkpoints for name in store.names(f"{MODELS}/{model}")}
    # What a process left that ended between a model's weights and its manifest, or in the middle of a file.
    orphans = (there - told - stays) | {name for name in begun if name.rpartition("/")[2].startswith(".")}
    left = {name for name in orphans if _older(store, name, before_ms - _GRACE_MS)}
    # Manifests first: whoever meets one shall find what it names.
    return [*sorted({one.name for one in known} - stays), *sorted((told & there) - stays), *sorted(left)]


def _older(store: Store, name: str, than_ms: int) -> bool:
    modified_ms = store.modified_ms(name)
    return modified_ms is not None and modified_ms < than_ms
