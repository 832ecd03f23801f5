"""All rules of a kind compiled into one function: what fires on an event, with the values that it saw."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from features.catalogue import Catalogue
from features.errors import ExpressionError
from features.expression import Condition, compile_condition
from features.expression.functions import FUNCTIONS
from features.expression.types import NUMBER, Name
from models.errors import RuleError
from models.facts import Facts
from models.rules.cases import complaint
from models.rules.rule import Rule, RuleFile
from models.verdict import Reason

_BRACES = re.compile(r"\{([^{}]*)\}")
Fired = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    condition: Condition
    read: Callable[..., dict[str, Any]]


class RuleEngine:
    """The rules of one kind. ``fired(data, vector, score)`` gives the positions in ``rules`` of those that fire.

    ``score`` is the champion's, None where it does not count; conditions call it ``score``.
    """

    def __init__(self, catalogue: Catalogue, rules: Sequence[tuple[Rule, RuleFile]]) -> None:
        names = catalogue.rule_names()
        if "score" in names:
            raise RuleError(f"kind {catalogue.kind.name}: rules call the champion's score 'score': rename the field")
        self.names: Mapping[str, Name] = {**names, "score": Name(NUMBER, True, "score")}
        self._catalogue = catalogue
        self._compiled = [self._compile(rule, place) for rule, place in rules if rule.mode != "off"]
        self.rules: tuple[Rule, ...] = tuple(compiled.rule for compiled in self._compiled)
        self._function = _function([compiled.condition for compiled in self._compiled])
        self.memberships: frozenset[tuple[str, str]] = frozenset()
        # Rules that read what the store knows: without it they have nothing to say.
        stateful = {info.name for info in catalogue.infos if info.aggregation != "derived"}
        self.stateful = frozenset(
            n for n, compiled in enumerate(self._compiled) if stateful.intersection(compiled.condition.reads)
        )

    def fired(
        self, data: Any, vector: Sequence[float], score: float | None, facts: Facts, entities: Mapping[str, str]
    ) -> Fired:
        """The positions in ``rules`` of those that fire, live and shadow alike."""
        return self._function(data, vector, score)

    def _compile(self, rule: Rule, place: RuleFile) -> _Compiled:
        try:
            condition = compile_condition(rule.when, self.names)
        except ExpressionError as error:
            raise RuleError(f"rule {rule.id!r}: {error.render(place.path, place.when_line)}") from None
        for name in _BRACES.findall(rule.reason):
            if name not in condition.reads:
                raise RuleError(
                    f"{place.path}:{place.line}: rule {rule.id!r}: its reason names {{{name}}}, "
                    f"which its condition does not read: it reads {', '.join(condition.reads) or 'nothing'}"
                )
        entries = ", ".join(f"{name!r}: {self.names[name].code}" for name in condition.reads)
        read: Callable[..., dict[str, Any]] = eval(f"lambda d, v, score: {{{entries}}}", {"__builtins__": {}})
        alone = _function([condition])
        wrong = complaint(rule, self._catalogue.names, tuple(self._catalogue.fields), lambda *on: bool(alone(*on)))
        if wrong is not None:
            raise RuleError(f"{place.path}:{place.line}: rule {rule.id!r}: {wrong}")
        return _Compiled(rule, condition, read)

    def reason(self, position: int, data: Any, vector: Sequence[float], score: float | None, facts: Facts) -> Reason:
        """Why a rule fired: its words with the observed values, and the limits in its condition."""
        compiled = self._compiled[position]
        observed = compiled.read(data, vector, score)
        text = _BRACES.sub(lambda match: _shown(observed[match[1]]), compiled.rule.reason)
        rule = compiled.rule
        return Reason(rule.id, text, observed, compiled.condition.limits, rule.action, _mode(rule))


def _mode(rule: Rule) -> Literal["live", "shadow"]:
    return "shadow" if rule.mode == "shadow" else "live"


def _function(conditions: Sequence[Condition]) -> Callable[[Any, Sequence[float], float | None], Fired]:
    """``def fired(d, v, score)``: generated from checked conditions only, nothing else is reachable."""
    lines = ["def fired(d, v, score):", "    out = ()"]
    for position, condition in enumerate(conditions):
        lines.append(f"    if {condition.code}: out += ({position},)")
    lines.append("    return out")
    space: dict[str, Any] = {"__builtins__": {}}
    space.update({name: function.implementation for name, function in FUNCTIONS.items()})
    exec(compile("\n".join(lines), "<rules>", "exec"), space)
    function: Callable[[Any, Sequence[float], float | None], Fired] = space["fired"]
    return function


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
