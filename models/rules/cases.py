"""A rule's own cases: whether it does on each what its author wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.rules.rule import Case, Rule


class _Fields:
    """The field values that a case gives; whatever it does not name is absent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name)


def complaint(
    rule: Rule,
    features: Sequence[str],
    fields: Sequence[str],
    fires: Callable[[Any, Sequence[float], float | None], bool],
) -> str | None:
    """What is wrong with the rule's cases, in words; None if each decides as written.

    ``fires(data, vector, score)`` is the rule's condition. A feature that a case does not name is 0.
    """
    known = {*features, *fields, "score"}
    for case in rule.cases:
        unknown = sorted(set(case.values) - known)
        if unknown:
            return f"{_named(case)} gives a value to {unknown[0]!r}, which is no field and no feature"
        vector = [case.values.get(name, 0) for name in features]
        try:
            fired = fires(_Fields(case.values), vector, case.values.get("score"))
        except TypeError:
            return f"{_named(case)} has a value of another type than its field or feature"
        if fired is not case.fires:
            return f"{_named(case)} says fires = {str(case.fires).lower()}, and the condition says otherwise"
    return None


def _named(case: Case) -> str:
    return f"case {case.name!r}" if case.name else "a case"
