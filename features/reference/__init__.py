"""Data that the world publishes and features look up; each verdict names its version."""

from features.reference.load import load_reference
from features.reference.tables import Reference

__all__ = ["Reference", "load_reference"]
