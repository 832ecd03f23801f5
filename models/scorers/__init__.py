"""The scorers, one file each, and which of them every kind begins with."""

from __future__ import annotations

from models.scorers.base import Batch, Contributions, Scorer, Text
from models.scorers.declared import Declared
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic
from models.scorers.model import Model

__all__ = ["Batch", "Contributions", "Declared", "HalfSpace", "Logistic", "Model", "Scorer", "Text"]
