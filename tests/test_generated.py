"""Generated documents are as fresh as the code that they are made from."""

from __future__ import annotations

from pathlib import Path

from features.catalogue import catalogues
from features.document import document
from features.kinds import load_kinds
from streams.cli.settings import table

ROOT = Path(__file__).parents[1]


def test_the_settings_document_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == table() + "\n", "run 'make docs'"


def test_the_document_of_the_features_is_fresh() -> None:
    made = document(catalogues(list(load_kinds().values())).values())
    assert (ROOT / "docs" / "features.md").read_text() == made + "\n", "run 'make docs'"
