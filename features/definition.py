"""A feature's definition as a digest: what it means, not how it is described nor what else its kind has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from features.aggregations.base import FeatureInfo
from features.aggregations.derived import Derived
from features.expression import compile_condition
from features.expression.types import field_names, input_names
from features.generated import made_of
from features.kind import Kind
from features.source import source_digest

# Under these names a feature's parameters speak of further entities.
_ENTITY_KEYS = ("entity", "everyone", "of_entity")


def definitions_of(kind: Kind, infos: Sequence[FeatureInfo], others: Mapping[str, Kind]) -> dict[str, str]:
    """By feature, in order: the digest of its description less the words, of how its entities are made, and of the
    inputs that it really reads, in its condition too. What is read elsewhere is defined there."""
    derived = {measure.name: measure for measure in kind.features if isinstance(measure, Derived)}
    kinds = {**others, kind.name: kind}
    return {info.name: _definition(kind, kinds[info.of_kind], info, derived.get(info.name)) for info in infos}


def _definition(kind: Kind, of_kind: Kind, info: FeatureInfo, derived: Derived | None) -> str:
    entities, values = _read(of_kind, info)
    meaning: list[Any] = [replace(info, sentence="", formula="", notation=""), _made(of_kind, entities, values)]
    if derived is not None:
        meaning.append(source_digest(derived.by))
    if of_kind is not kind:
        meaning.append(_made(kind, {str(info.entity)}, set()))
    return hashlib.blake2b(msgspec.json.encode(meaning), digest_size=8).hexdigest()


def _read(kind: Kind, info: FeatureInfo) -> tuple[set[str], set[str]]:
    """The names of the entities that its value is about, and of the fields and inputs that it is made of.

    What is read elsewhere is described in the words of the kind that it is read of, but for its entity.
    """
    entities, values = set(), set(info.inputs)
    if info.entity is not None and info.of_kind == info.kind:
        entities.add(info.entity)
    if info.condition is not None:
        readable = {name: known for name, known in field_names(kind.fields).items() if name not in kind.private}
        values.update(compile_condition(info.condition, {**readable, **input_names(kind.inputs)}).reads)
    for key, text in _texts(info.parameters):
        if key in _ENTITY_KEYS:
            entities.add(text)
    return entities, values


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a description, each with the key under which it stands."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name in value:
            yield from _texts(value[name], name)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, key)


def _made(kind: Kind, entities: set[str], values: set[str]) -> list[Any]:
    """How these entities are made, these inputs, and the inputs that the entities are made of."""
    about = [one for one in kind.entities if one.name in entities]
    values = values | {one.of for one in about}
    inputs = [one for one in kind.inputs if one.name in values]
    declared = sorted((*about, *inputs), key=lambda one: (type(one).__name__, one.name))
    return [[type(one).__name__, one.name, one.of, _making(one.by)] for one in declared]


def _making(by: Callable[..., Any] | None) -> list[str | None]:
    return [made_of(by), None if by is None else source_digest(by)]
