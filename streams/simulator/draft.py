"""An event before it has its id and bytes, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Draft:
    """``abuse`` is what is true; labels may come late, be wrong, or never."""

    time_ms: int
    kind: str
    data: dict[str, Any]
    abuse: bool
