"""A kind's features in their order: what the store must keep for them, and the vector that comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from keyword import iskeyword

import msgspec

from features.aggregations.base import Code, FeatureInfo, Sources
from features.aggregations.derived import Derived
from features.aggregations.elsewhere import Elsewhere
from features.aggregations.reserve import Reserve
from features.aggregations.state import FLAGS, Positions, Reading, absent
from features.definition import definitions_of
from features.entity import everyone
from features.errors import KindError
from features.event import Event
from features.expression.types import Namespace, field_names, input_names
from features.generated import (
    Made,
    Prepare,
    Source,
    Vector,
    made_of,
    prepare_function,
    value_code,
    vector_function,
)
from features.kind import Kind
from features.prepared import Prepared
from features.reference import Reference
from features.views import View, views_of

_FORGOTTEN = " If t - T > horizon_s, all earlier events of this entity are forgotten first: T is none."


class Catalogue:
    """The compiled features of one kind; ``infos`` and every vector are in declared order.

    ``others``: the kinds whose state its features read too.
    """

    def __init__(self, kind: Kind, others: Mapping[str, Kind] | None = None) -> None:
        self.kind = kind
        self._others = dict(others or {})
        self.inputs = input_names(kind.inputs)
        self.fields: Namespace = {
            name: known for name, known in field_names(kind.fields).items() if name not in kind.private
        }
        reserves = {entity.name: Reserve(kind, entity) for entity in kind.entities}
        views = views_of(kind, self._others)
        infos: list[FeatureInfo] = []
        columns: list[Code | Derived | View] = []
        for measure in kind.features:
            if isinstance(measure, Derived):
                infos.append(measure.info(kind))
                columns.append(measure)
            elif isinstance(measure, Elsewhere):
                view = views[measure.name]
                infos.append(view.info)
                columns.append(view)
            else:
                entity = measure.entity_of(kind)
                compiled = measure.compile(kind, reserves)
                infos += (_checked(kind, info, entity.horizon_s, measure.name) for info in compiled.infos)
                columns += compiled.codes
        self.infos: tuple[FeatureInfo, ...] = tuple(infos)
        self.names: tuple[str, ...] = tuple(info.name for info in infos)
        self._refuse_name_clashes()
        self._shared = {entity.name for entity in kind.entities if entity.by is everyone}
        self.plans = {name: reserve.plan() for name, reserve in reserves.items()}
        made = [Made(entity, self.plans[entity.name], reserves[entity.name]) for entity in kind.entities]
        touched = {info.entity for info in self.infos if info.of_kind == kind.name}
        shared: dict[str, str] = {}
        sources, positions = _sources(self.inputs, shared, made, views.values(), touched)
        self.sources: tuple[Source, ...] = tuple(sources)
        self._prepare: Prepare = prepare_function(kind, self.fields, self.inputs, made, self.sources)
        self._vector: Vector = vector_function(
            kind,
            self.inputs,
            [_column(c, positions) for c in columns],
            [absent(s.plan) for s in self.sources],
            shared,
        )
        self.schema = self._schema()

    @cached_property
    def definitions(self) -> dict[str, str]:
        """By feature, in order, the digest of its definition: that of one says nothing of the others."""
        return definitions_of(self.kind, self.infos, self._others)

    def _schema(self) -> str:
        """What features mean, not how they are described."""
        meaning = [replace(info, sentence="", formula="", notation="") for info in self.infos]
        entities = [(e.name, e.of, made_of(e.by)) for e in self.kind.entities]
        inputs = [(i.name, i.of, made_of(i.by)) for i in self.kind.inputs]
        return hashlib.blake2b(msgspec.json.encode([meaning, entities, inputs]), digest_size=8).hexdigest()

    def _refuse_name_clashes(self) -> None:
        for name in self.names:
            where, about = f"kind {self.kind.name}: feature {name!r}", self._declared(name)
            if not all(part.isidentifier() and not iskeyword(part) for part in name.split(".")):
                raise KindError(f"{where} is no name that a condition could read", about=about)
            if self.names.count(name) > 1:
                raise KindError(f"{where} is declared twice: rename one", about=about)
            if name in self.fields or name in self.inputs:
                raise KindError(f"{where} is also a field or input: rename the feature", about=about)
            if any(other.startswith(name + ".") for other in self.names):
                raise KindError(f"{where} is also the start of another's name", about=about)

    def _declared(self, feature: str) -> str:
        """The name under which a feature was declared: it may have a window appended."""
        names = {str(measure.name) for measure in self.kind.features}
        return feature if feature in names else max((n for n in names if feature.startswith(n)), key=len)

    def named(self, prepared: Prepared) -> dict[str, str]:
        """The entities of an event that stand for somebody or something, and not for all."""
        return {name: value for name, value in prepared.entities.items() if name not in self._shared}

    def prepare(self, event: Event, reference: Reference) -> Prepared:
        """The event's derived inputs and entities, and what it adds to each of them."""
        return Prepared(*self._prepare(event.data, reference))

    def vector(self, event: Event, prepared: Prepared, readings: Sequence[Reading | None]) -> tuple[float, ...]:
        """All features of the event, in order. ``readings``: one for each of ``prepared.updates``."""
        return self._vector(event.data, event.time_ms, prepared.inputs, readings)

    def stateless(self, event: Event, reference: Reference) -> dict[str, float]:
        """The features that the event alone tells."""
        vector = self.vector(event, self.prepare(event, reference), [None] * len(self.sources))
        return {i.name: v for i, v in zip(self.infos, vector, strict=True) if i.aggregation == "derived"}


def flags_of(readings: Sequence[Reading | None]) -> int:
    """All flags that any of the readings has."""
    flags = 0
    for reading in readings:
        if reading is not None:
            flags |= reading[FLAGS]
    return flags


def _checked(kind: Kind, info: FeatureInfo, horizon_s: int, declared: str) -> FeatureInfo:
    if info.window_s is not None and info.window_s > horizon_s:
        raise KindError(
            f"kind {kind.name}: feature {info.name!r} looks back further than the {horizon_s} s after which its "
            f"entity is forgotten: lengthen the horizon of entity {info.entity!r}",
            about=declared,
        )
    return replace(info, formula=info.formula + _FORGOTTEN)


def _sources(
    inputs: Namespace,
    shared: dict[str, str],
    made: Sequence[Made],
    views: Iterable[View],
    touched: Container[str | None],
) -> tuple[list[Source], dict[str, Sources]]:
    """Every state that an event of the kind feeds or reads, and for each kind of state where its numbers stand.

    An entity of which no feature speaks, and that no measure counts, has no state.
    """
    sources = [
        Source(one.entity.name, one.plan)
        for one in made
        if one.entity.name in touched or one.plan.rings or one.plan.sets or one.plan.registers
    ]
    own = {one.entity.name: one for one in made}
    reading = {source.entity: f"r{index}" for index, source in enumerate(sources)}
    at = {name: Positions(one.plan) for name, one in own.items()}
    value = partial(value_code, inputs)
    result = {"": Sources(reading, at, value, shared)}
    for view in views:
        if view.key not in result:
            index = len(sources)
            sources.append(Source(view.entity, view.plan))
            result[view.key] = Sources(
                {view.of_entity: f"r{index}"}, {view.of_entity: Positions(view.plan)}, value, shared
            )
    return sources, result


def _column(column: Code | Derived | View, positions: Mapping[str, Sources]) -> str | Derived:
    if isinstance(column, Derived):
        return column
    if isinstance(column, View):
        return column.code(positions[column.key])
    return column(positions[""])


def catalogues(kinds: Sequence[Kind]) -> dict[str, Catalogue]:
    by_name = {kind.name: kind for kind in kinds}
    return {kind.name: Catalogue(kind, by_name) for kind in kinds}
