"""Many realistic rules from a few: the same questions with other limits, and sometimes one question more."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence

import msgspec

from models.rules.rule import Rule

_MORE = (
    "country in ['AT', 'DE', 'FR']",
    "country not in ['US', 'GB']",
    "method == 'password'",
    "method in ['password', 'otp']",
    "not missing(device)",
    "asn in [14061, 16276, 24940]",
    "score >= 0.3",
    "night == 1",
    "account.logins_24h <= 40",
    "not success",
)


def variants(rules: Sequence[Rule], count: int, chance: random.Random) -> list[Rule]:
    """So many rules without cases, each of its own id."""
    made = []
    for number in range(count):
        rule = rules[number % len(rules)]
        when = ast.unparse(_Limits(chance).visit(ast.parse(rule.when, mode="eval")))
        if chance.random() < 0.4:
            when = f"({when}) and {chance.choice(_MORE)}" if " or " in when else f"{when} and {chance.choice(_MORE)}"
        made.append(msgspec.structs.replace(rule, id=f"{rule.id}-{number}", when=when, cases=()))
    return made


class _Limits(ast.NodeTransformer):
    """Moves every limit that is no flag."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        value = node.value
        if isinstance(value, float) and 0 < value < 1:
            return ast.Constant(round(min(0.99, value * self._chance.uniform(0.5, 1.5)), 2))
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 2:
            return ast.Constant(max(2, round(value * self._chance.uniform(0.4, 2.5))))
        return node
