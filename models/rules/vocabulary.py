"""What a kind's rules can speak of: its fields, its features, the champion's score, lists and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from features.catalogue import Catalogue
from features.expression import NUMBER, Condition, Live, Name, Namespace, compile_condition
from features.expression.units import unit_of
from models.errors import RuleError

SCORE = "score"
# What these count is whole.
_WHOLE = ("count", "distinct", "novelty")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``names``: each with the code that reads it, from the event's data ``d``, a vector ``v`` and ``score``."""

    names: Namespace
    live: Live

    def condition(self, when: str) -> Condition:
        """Compile; raises ExpressionError."""
        return compile_condition(when, self.names, self.live)


def vocabulary(catalogue: Catalogue, lists: Mapping[str, str] | None) -> Vocabulary:
    """``lists``: the type of each list by name; None: any list may be asked for. Raises RuleError."""
    features = {
        info.name: Name(
            NUMBER,
            False,
            f"v[{index}]",
            unit_of(info.name, info.unit),
            info.least,
            info.most,
            info.aggregation in _WHOLE,
        )
        for index, info in enumerate(catalogue.infos)
    }
    if SCORE in features or SCORE in catalogue.fields:
        raise RuleError(f"kind {catalogue.kind.name}: rules call the champion's score 'score': rename the field")
    score = Name(NUMBER, True, SCORE, least=0, most=1)
    entities = frozenset(entity.name for entity in catalogue.kind.entities)
    names = {**catalogue.fields, **features, SCORE: score}
    return Vocabulary(names, Live(frozenset(catalogue.fields), entities, lists))
