"""From a model to bytes and back. Unpickling runs what the bytes say: only the registry may call that, which has
proven where they come from."""

from __future__ import annotations

import pickle

from models.errors import ModelError
from models.registry.manifest import Manifest
from models.scorers import Scorer


def pickled(scorer: Scorer) -> bytes:
    return pickle.dumps(scorer, protocol=5)


def unpickled(weights: bytes, manifest: Manifest) -> Scorer:
    """Raises ModelError for what this process cannot make a scorer of."""
    try:
        scorer = pickle.loads(weights)
    except Exception as error:
        raise ModelError(
            f"checkpoint of {manifest.model}: this version of Weir cannot read it ({type(error).__name__}): "
            f"it was made with {_made_with(manifest)}: install that, "
            "bring back the file that declares it if it is gone, or start the model anew"
        ) from error
    if not isinstance(scorer, Scorer):
        raise ModelError(f"checkpoint of {manifest.model}: it holds a {type(scorer).__name__} and no scorer")
    return scorer


def _made_with(manifest: Manifest) -> str:
    used = [f"Weir {manifest.code}" if manifest.code else "", *(f"{n} {v}" for n, v in manifest.libraries.items())]
    return ", ".join(one for one in used if one) or "another one"
