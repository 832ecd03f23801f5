"""One rule made ready: its checked condition, and the words with which it explains itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
    """``observe(d, v, score, f, e)``: by name, the values that the condition reads. ``text``: the reason, with ``%s``
    in place of each value of ``shown``."""

    rule: Rule
    place: RuleFile
    condition: Condition
    observe: Callable[..., dict[str, Any]]
    text: str
    shown: tuple[str, ...]
    mode: Literal["live", "shadow"]

    def reason(self, observed: dict[str, Any]) -> Reason:
        """Why the rule fired on these values."""
        rule = self.rule
        text = self.text % tuple([_shown(observed[name]) for name in self.shown])
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
    entries = ", ".join(f"{name!r}: {code}" for name, code in _observed(condition, vocabulary))
    observe: Callable[..., dict[str, Any]] = eval(f"lambda {VARIABLES}: {{{entries}}}", {"__builtins__": {}})
    text = "%s".join(part.replace("%", "%%") for part in words[::2])
    mode: Literal["live", "shadow"] = "shadow" if rule.mode == "shadow" else "live"
    return Compiled(rule, place, condition, observe, text, shown, mode)


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
    return ", ".join(map(_shown, value)) if isinstance(value, (list, tuple)) else str(value)
