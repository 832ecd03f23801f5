"""A registry in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.registry import Registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def registry(folder: Path) -> Registry:
    return Registry(folder)
