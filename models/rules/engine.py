"""All rules of a kind compiled into one function: what fires on an event, with the values that it saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from features.catalogue import Catalogue
from models.facts import Facts
from models.rules.cases import complaints
from models.rules.compiled import Compiled, compile_rule
from models.rules.finding import Refusal
from models.rules.generate import Fired, fired_function
from models.rules.place import RuleFile
from models.rules.rule import Rule
from models.rules.vocabulary import vocabulary
from models.verdict import Reason

_NOBODY: Mapping[str, str] = {}


class RuleEngine:
    """The rules of one kind that are not off, in order. ``memberships``: the pairs of a name (a field's or an
    entity's) and a list that they ask for; ``labels``: the entities whose labels they ask for.

    ``stateful``: the positions of rules that read what the store knows; without it they have nothing to say.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Sequence[tuple[Rule, RuleFile]],
        lists: Mapping[str, str] | None = None,
    ) -> None:
        """Raises RuleError. ``lists``: the type of each list by name; None: any list may be asked for."""
        words = vocabulary(catalogue, lists)
        self._compiled: list[Compiled] = []
        for rule, place in rules:
            if rule.mode != "off":
                compiled = compile_rule(rule, place, words)
                for wrong in complaints(compiled, catalogue, words):
                    raise Refusal(wrong)
                self._compiled.append(compiled)
        conditions = [compiled.condition for compiled in self._compiled]
        self.rules: tuple[Rule, ...] = tuple(compiled.rule for compiled in self._compiled)
        self.memberships = frozenset(pair for condition in conditions for pair in condition.memberships)
        self.labels = frozenset(entity for condition in conditions for entity in condition.labels)
        stored = {info.name for info in catalogue.infos if info.aggregation != "derived"}
        self.stateful = frozenset(n for n, condition in enumerate(conditions) if stored.intersection(condition.reads))
        defaults = [info.default for info in catalogue.infos]
        self._fired = fired_function([condition.tree for condition in conditions], defaults)

    def fired(
        self, data: Any, vector: Sequence[float], score: float | None, facts: Facts, entities: Mapping[str, str]
    ) -> Fired:
        """The positions in ``rules`` of those that fire, live and shadow alike, ascending.

        ``data`` has the event's fields as attributes; ``vector`` is in schema order; ``score`` is the champion's,
        None where it does not count; ``entities`` are the event's, by name.
        """
        return self._fired(data, vector, score, facts, entities)

    def reason(
        self,
        position: int,
        data: Any,
        vector: Sequence[float],
        score: float | None,
        facts: Facts,
        entities: Mapping[str, str] = _NOBODY,
    ) -> Reason:
        """Why a rule fired: its words with the observed values, and the limits in its condition."""
        return self._compiled[position].reason(data, vector, score, facts, entities)
