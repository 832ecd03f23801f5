"""Views: the part of another kind's state that a kind's features read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from features.aggregations.base import Code, FeatureInfo
from features.aggregations.derived import Derived
from features.aggregations.elsewhere import READABLE, Elsewhere
from features.aggregations.reserve import Reserve
from features.aggregations.state import EntityPlan
from features.errors import KindError
from features.kind import Entity, Kind

_READ = (
    "As of_feature of of_kind, of the entity of_entity there that has this entity's value, at this event's t; "
    "nothing is added, and this event is in no count: "
)
_GONE = " If t - T > horizon_s, nothing is known: T is none."


@dataclass(frozen=True, slots=True)
class View:
    """One feature that is read elsewhere. ``key``: views of one key are read at once, by one ``plan``."""

    key: str
    entity: str
    of_entity: str
    plan: EntityPlan
    code: Code
    info: FeatureInfo


@dataclass(frozen=True, slots=True)
class _Wanted:
    declared: Elsewhere
    entity: Entity
    info: FeatureInfo
    code: Code


def views_of(kind: Kind, others: Mapping[str, Kind]) -> dict[str, View]:
    """By the name of the feature that reads; raises KindError for what is not there or cannot be read."""
    groups: dict[tuple[str, str, str], list[Elsewhere]] = {}
    for measure in kind.features:
        if isinstance(measure, Elsewhere):
            entity = measure.entity_of(kind)
            other, of_measure = _found(kind, measure, others)
            groups.setdefault((entity.name, other.name, of_measure.entity_of(other).name), []).append(measure)
    result: dict[str, View] = {}
    for (entity_name, other_name, of_entity), measures in groups.items():
        other = others[other_name]
        part, whole = _reserves(other), _reserves(other)
        for declared in other.features:
            if not isinstance(declared, (Derived, Elsewhere)):
                declared.compile(other, whole)
        wanted = [_want(kind, measure, other, part) for measure in measures]
        plan = replace(part[of_entity].plan(), whole=whole[of_entity].plan())
        for one in wanted:
            key = f"{entity_name}/{plan.prefix}"
            result[one.declared.name] = View(key, entity_name, of_entity, plan, one.code, one.info)
    return result


def _reserves(kind: Kind) -> dict[str, Reserve]:
    return {entity.name: Reserve(kind, entity) for entity in kind.entities}


def _found(kind: Kind, measure: Elsewhere, others: Mapping[str, Kind]) -> tuple[Kind, Any]:
    """The other kind and the measure that declares the feature."""
    where = f"kind {kind.name}: feature {measure.name!r}"
    other = others.get(measure.kind)
    if other is None or other.name == kind.name:
        there = ", ".join(sorted(set(others) - {kind.name}))
        raise KindError(
            f"{where} reads kind {measure.kind!r}, which is not known; there are {there}", about=measure.name
        )
    for declared in other.features:
        if measure.feature.startswith(declared.name) and not isinstance(declared, (Derived, Elsewhere)):
            infos = declared.compile(other, _reserves(other)).infos
            if any(info.name == measure.feature and info.aggregation in READABLE for info in infos):
                return other, declared
    raise KindError(
        f"{where} reads {measure.feature!r}, which is no feature of kind {other.name} that can be read "
        f"from elsewhere ({', '.join(READABLE)} can)",
        about=measure.name,
    )


def _want(kind: Kind, measure: Elsewhere, other: Kind, part: Mapping[str, Reserve]) -> _Wanted:
    _, declared = _found(kind, measure, {other.name: other})
    compiled = declared.compile(other, part)
    (index,) = (i for i, info in enumerate(compiled.infos) if info.name == measure.feature)
    info, entity = compiled.infos[index], measure.entity_of(kind)
    described = replace(
        info,
        kind=kind.name,
        name=measure.name,
        entity=entity.name,
        parameters={**(info.parameters or {}), "of_feature": info.name, "of_entity": info.entity},
        sentence=measure.sentence,
        formula=_READ + re.sub(r", this event('s)? included", "", info.formula) + _GONE,
    )
    return _Wanted(measure, entity, described, compiled.codes[index])
