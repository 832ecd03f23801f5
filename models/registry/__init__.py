"""Where model checkpoints are kept: content-addressed, signed, and never read unless the signature holds."""

from models.registry.manifest import Manifest, decode_manifest
from models.registry.refusal import refuse
from models.registry.registry import Registry

__all__ = ["Manifest", "Registry", "decode_manifest", "refuse"]
