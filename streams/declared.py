"""The models that the settings declare: those that ship, and those of the folders of models."""

from __future__ import annotations

from collections.abc import Mapping

from features.catalogue import Catalogue
from models.scorers import Declared
from models.scorers.folders import load_models
from streams.settings import Settings


def declared_models(settings: Settings, catalogues: Mapping[str, Catalogue]) -> Declared:
    """Raises ModelError."""
    return Declared(catalogues, settings.min_labels, load_models(settings.models_folders))
