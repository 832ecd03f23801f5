"""A model is only as good as its inputs mean what they meant when it learned them."""

from __future__ import annotations

from features.catalogue import Catalogue
from models.errors import ModelError
from models.registry.manifest import Manifest

_NAMED = 3


def refuse(manifest: Manifest, catalogue: Catalogue) -> None:
    """Raise ModelError if the definition of one of its inputs changed or is gone; others may come and go."""
    kind = catalogue.kind.name
    if manifest.kind != kind:
        raise ModelError(f"model {manifest.model} is of kind {manifest.kind!r}, and was offered for {kind!r}")
    faults = []
    for name, digest in manifest.inputs.items():
        now = catalogue.definitions.get(name)
        if now is None:
            faults.append(f"{name!r} is no feature of kind {kind} any more")
        elif now != digest:
            faults.append(f"{name!r} is defined otherwise than when it learned")
    if faults:
        more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise ModelError(
            f"model {manifest.model}@{manifest.version} is refused: its input {', '.join(faults[:_NAMED])}{more}: "
            "bring the old definition back (a new one is better a new feature, under a name of its own); while it "
            "is away the learner starts the model anew"
        )
