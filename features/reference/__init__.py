"""Data that the world publishes and features look up; each verdict names its version."""

from __future__ import annotations

from importlib.metadata import version


def reference_version() -> str:
    """The version of all reference data in use."""
    return f"psl-{version('publicsuffixlist')}"
