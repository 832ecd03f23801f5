"""derived: a number that the event alone tells, without any state."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from features.aggregations.base import FeatureInfo, known_input
from features.calls import check_call
from features.kind import Kind


@dataclass(frozen=True, slots=True)
class Derived:
    """``by`` applied to the fields ``of``; ``default`` where the first of them is absent.

    The field name ``time_ms`` stands for the event's time.
    """

    name: str
    sentence: str
    of: tuple[str, ...]
    by: Callable[..., float]
    default: float = 0
    least: float = 0
    most: float | None = None
    unit: str = "1"

    def info(self, kind: Kind) -> FeatureInfo:
        for name in self.of:
            if name != "time_ms":
                known_input(kind, self.name, name)
        check_call(self.by, len(self.of), f"kind {kind.name}: feature {self.name!r}", self.name)
        return FeatureInfo(
            kind=kind.name,
            name=self.name,
            entity=None,
            aggregation="derived",
            of_kind=kind.name,
            inputs=self.of,
            parameters={"function": self.by.__name__},
            default=self.default,
            least=self.least,
            most=self.most,
            unit=self.unit,
            sentence=self.sentence,
            formula=_formula(self),
        )


def _formula(measure: Derived) -> str:
    """The first lines of what the function says of itself."""
    text = " ".join((inspect.getdoc(measure.by) or "").split("\n\n")[0].split())
    return f"{measure.by.__name__}({', '.join(measure.of)}); the default where {measure.of[0]} is absent. {text}"
