"""Generated documents are as fresh as the code that they are made from."""

from __future__ import annotations

from pathlib import Path

from streams.cli.settings import table

ROOT = Path(__file__).parents[1]


def test_the_settings_document_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == table() + "\n", "run 'make docs'"
