"""One rule made ready: its checked condition, and the words with which it explains itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from features.errors import ExpressionError
from features.expression import Condition
from features.expression.code import ENTITIES, LABELS
from features.expression.tree import Listed, parts_of
from models.rules.finding import Refusal
from models.rules.place import RuleFile
from models.rules.rule import Rule
from models.rules.vocabulary import Vocabulary
from models.verdict import Reason

_BRACES = re.compile(r"\{([^{}]*)\}")
# The variables of everything that is generated for rules.
VARIABLES = "d, v, score, f, e"


@dataclass(frozen=True, slots=True)
class Compiled:
    """``explain(d, v, score, f, e)``: by name, the values that the condition reads, and the reason in words."""

    rule: Rule
    place: RuleFile
    condition: Condition
    explain: Callable[..., tuple[dict[str, Any], str]]
    mode: Literal["live", "shadow"]

    def reason(self, *asked: Any) -> Reason:
        """Why the rule fired on these."""
        rule = self.rule
        observed, text = self.explain(*asked)
        return Reason(rule.id, text, observed, self.condition.limits, rule.action, self.mode)


def compile_rule(rule: Rule, place: RuleFile, vocabulary: Vocabulary) -> Compiled:
    """Check the condition and the reason; raises Refusal."""
    try:
        condition = vocabulary.condition(rule.when)
    except ExpressionError as error:
        raise Refusal(place.in_condition(error, rule.id)) from None
    words = _BRACES.split(rule.reason)
    shown = tuple(words[1::2])
    for name in shown:
        if name not in condition.reads:
            reads = ", ".join(condition.reads) or "nothing"
            message = f"its reason names {{{name}}}, which its condition does not read: it reads {reads}"
            raise Refusal(place.finding(message, rule=rule.id, key="reason"))
    mode: Literal["live", "shadow"] = "shadow" if rule.mode == "shadow" else "live"
    explain = _explain(words, dict(_observed(condition, vocabulary)))
    return Compiled(rule, place, condition, explain, mode)


def _explain(words: Sequence[str], observed: Mapping[str, str]) -> Callable[..., tuple[dict[str, Any], str]]:
    """``words``: texts, and between them names; ``observed``: each name with the code of its value."""
    held = {name: f"x{number}" for number, name in enumerate(observed)}
    entries = ", ".join(f"{name!r}: {variable}" for name, variable in held.items())
    parts = [f"shown({held[part]})" if index % 2 else repr(part) for index, part in enumerate(words)]
    lines = [
        f"def explain({VARIABLES}):",
        *(f"    {held[name]} = {code}" for name, code in observed.items()),
        f"    return {{{entries}}}, {' + '.join(parts)}",
    ]
    space: dict[str, Any] = {"__builtins__": {}, "shown": _shown}
    exec(compile("\n".join(lines), "<reason>", "exec"), space)
    function: Callable[..., tuple[dict[str, Any], str]] = space["explain"]
    return function


def _observed(condition: Condition, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Each name that the condition reads, with the code of its value."""
    asked: Mapping[str, Listed] = {p.name: p for p in parts_of(condition.tree) if isinstance(p, Listed)}
    for name in condition.reads:
        of_entity = f"{ENTITIES}.get({name!r})"
        known = vocabulary.names.get(name)
        if name.startswith("labels."):
            yield name, f"{LABELS}.get({name.removeprefix('labels.')!r}, ())"
        elif known is None:
            yield name, of_entity
        elif name in asked and asked[name].is_entity and known.optional:
            yield name, f"({known.code} if {known.code} is not None else {of_entity})"
        else:
            yield name, known.code


def _shown(value: Any) -> str:
    if type(value) is float:
        if value.is_integer():
            return str(int(value))
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    if type(value) is int or not isinstance(value, (list, tuple)):
        return str(value)
    return ", ".join(map(_shown, value))
