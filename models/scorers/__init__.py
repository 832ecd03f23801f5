"""The scorers, one file each, and which of them every kind begins with."""

from __future__ import annotations

from models.scorers.base import Contributing, Features, Scorer
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic

__all__ = ["Contributing", "Features", "HalfSpace", "Logistic", "Scorer", "champion_name", "fresh_scorers"]


def fresh_scorers(kind: str, min_labels: int) -> dict[str, Scorer]:
    """A kind's models before they have learned anything, by name."""
    return {f"{kind}.logistic": Logistic(min_labels), f"{kind}.halfspace": HalfSpace()}


def champion_name(kind: str) -> str:
    """The model whose score counts where nobody promoted another."""
    return f"{kind}.logistic"
