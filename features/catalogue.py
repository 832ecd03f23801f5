"""A kind's features in their order: what the store must keep for them, and the vector that comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import msgspec

from features.aggregations.base import FeatureInfo, Input, Reserve, Value
from features.aggregations.derived import Derived
from features.aggregations.state import EntityPlan, Reading, absent
from features.entity import Handle, value_hash
from features.errors import ExpressionError, KindError
from features.event import Event
from features.expression import compile_condition
from features.expression.functions import FUNCTIONS
from features.expression.types import NUMBER, Name, Namespace, field_names
from features.kind import Kind


@dataclass(frozen=True, slots=True)
class Update:
    """One entity of one event on its way to a store.

    ``weights``: what each ring adds (0 where its condition does not hold). ``hashes``: the value for each set,
    None for none.
    """

    plan: EntityPlan
    handle: Handle
    weights: tuple[int, ...]
    hashes: tuple[int | None, ...]


class Catalogue:
    """The compiled features of one kind; ``infos`` and every vector are in declared order."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.fields: Namespace = {
            name: known for name, known in field_names(kind.fields).items() if name not in kind.private
        }
        reserves = {entity.name: Reserve() for entity in kind.entities}
        infos: list[FeatureInfo] = []
        self._columns: list[tuple[str | None, Value | Derived]] = []
        for measure in kind.features:
            if isinstance(measure, Derived):
                infos.append(measure.info(kind))
                self._columns.append((None, measure))
                continue
            entity = measure.entity_of(kind)
            compiled = measure.compile(kind, reserves[entity.name])
            for info, value in zip(compiled.infos, compiled.values, strict=True):
                if info.window_s is not None and info.window_s > entity.horizon_s:
                    raise KindError(
                        f"kind {kind.name}: feature {info.name!r} looks back further than its entity's horizon "
                        f"{entity.horizon!r}: lengthen the horizon of entity {entity.name!r}"
                    )
                infos.append(info)
                self._columns.append((entity.name, value))
        self.infos: tuple[FeatureInfo, ...] = tuple(infos)
        self.names: tuple[str, ...] = tuple(info.name for info in infos)
        self._refuse_name_clashes()
        self.plans = {
            entity.name: EntityPlan(
                f"{kind.name}:{entity.name}",
                tuple(reserves[entity.name].rings),
                tuple(reserves[entity.name].sets),
                entity.horizon_s,
            )
            for entity in kind.entities
        }
        self._absent = {name: absent(plan) for name, plan in self.plans.items()}
        self._ring_inputs = {n: [self._input(*i) for i in r.ring_inputs] for n, r in reserves.items()}
        self._set_inputs = {n: [self._input(*i) for i in r.set_inputs] for n, r in reserves.items()}
        # What an entity is made of is in no feature's description, and changes what all of its features mean.
        made_of = [(e.name, e.of, None if e.by is None else e.by.__qualname__) for e in kind.entities]
        self.schema = hashlib.blake2b(msgspec.json.encode([self.infos, made_of]), digest_size=8).hexdigest()

    def _refuse_name_clashes(self) -> None:
        for name in self.names:
            if not all(part.isidentifier() and not iskeyword(part) for part in name.split(".")):
                raise KindError(f"kind {self.kind.name}: feature {name!r} is no name that a condition could read")
            if self.names.count(name) > 1:
                raise KindError(f"kind {self.kind.name}: feature {name!r} is declared twice: rename one")
            if name in self.fields:
                raise KindError(f"kind {self.kind.name}: feature {name!r} is also a field: rename the feature")
            if any(other.startswith(name + ".") for other in self.names):
                raise KindError(f"kind {self.kind.name}: feature {name!r} is also the start of another's name")

    def _input(self, of: str | None, where: str | None) -> Input:
        """A function of the event's fields: field ``of`` (1 if None), or None where ``where`` does not hold."""
        value = "1" if of is None else f"d.{of}"
        condition = "True" if where is None else self._condition(where)
        function: Input = eval(f"lambda d: {value} if {condition} else None", _function_globals())
        return function

    def _condition(self, where: str) -> str:
        try:
            return compile_condition(where, self.fields).code
        except ExpressionError as error:
            raise KindError(error.render(f"kind {self.kind.name}: condition")) from None

    def updates(self, event: Event, found: Mapping[str, Handle]) -> list[Update]:
        """What the event adds to each of its entities that have state, in declared order."""
        data = event.data
        result = []
        for name, handle in found.items():
            plan = self.plans[name]
            weights = tuple(_weight(function(data)) for function in self._ring_inputs[name])
            hashes = tuple(_hash(function(data)) for function in self._set_inputs[name])
            result.append(Update(plan, handle, weights, hashes))
        return result

    def vector(self, event: Event, readings: Mapping[str, Reading]) -> tuple[float, ...]:
        """All features of the event, in order. ``readings``: by entity name; those absent count as new."""
        data, time_ms = event.data, event.time_ms
        vector = []
        for entity, column in self._columns:
            if isinstance(column, Derived):
                vector.append(_derived(column, data, time_ms))
            else:
                assert entity is not None
                vector.append(column(readings.get(entity) or self._absent[entity], time_ms))
        return tuple(vector)

    def rule_names(self) -> dict[str, Name]:
        """The names that a rule can read: the kind's fields, and its features from a vector ``v``."""
        features = {name: Name(NUMBER, False, f"v[{index}]") for index, name in enumerate(self.names)}
        return {**self.fields, **features}


def _weight(value: Any) -> int:
    return 0 if value is None else int(value)


def _hash(value: Any) -> int | None:
    return None if value is None or value == "" else value_hash(value)


def _derived(column: Derived, data: Any, time_ms: int) -> float:
    values = [time_ms if name == "time_ms" else getattr(data, name) for name in column.of]
    return column.default if values[0] is None else column.by(*values)


def _function_globals() -> dict[str, Any]:
    return {"__builtins__": {}, **{name: function.implementation for name, function in FUNCTIONS.items()}}


def catalogues(kinds: Sequence[Kind]) -> dict[str, Catalogue]:
    return {kind.name: Catalogue(kind) for kind in kinds}
