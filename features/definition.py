"""A feature's definition as a digest: what it means, not how it is described nor what else its kind has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from features.aggregations.base import FeatureInfo
from features.aggregations.derived import Derived
from features.expression import compile_condition
from features.expression.types import field_names, input_names
from features.generated import made_of
from features.kind import Entity, Input, Kind, Lookup
from features.source import source_digest


def definitions_of(kind: Kind, infos: Sequence[FeatureInfo], others: Mapping[str, Kind]) -> dict[str, str]:
    """By feature, in order: the digest of its description less the words, of how its entities are made, and of the
    inputs that it really reads, in its condition too. What is read elsewhere is defined there."""
    derived = {measure.name: measure for measure in kind.features if isinstance(measure, Derived)}
    kinds = {**others, kind.name: kind}
    return {info.name: _definition(kind, kinds[info.of_kind], info, derived.get(info.name)) for info in infos}


def _definition(kind: Kind, of_kind: Kind, info: FeatureInfo, derived: Derived | None) -> str:
    meaning: list[Any] = [replace(info, sentence="", formula="", notation="")]
    if derived is not None:
        meaning.append(source_digest(derived.by))
    meaning.append(_made(of_kind, _read(of_kind, info)))
    if of_kind is not kind:
        meaning.append(_made(kind, [str(info.entity)]))
    return hashlib.blake2b(msgspec.json.encode(meaning), digest_size=8).hexdigest()


def _read(kind: Kind, info: FeatureInfo) -> Iterator[str]:
    """The names of all that its value is made of, fields too; an entity's name may come of another kind's."""
    if info.entity is not None and info.of_kind == info.kind:
        yield info.entity
    yield from info.inputs
    if info.condition is not None:
        names = {n: known for n, known in field_names(kind.fields).items() if n not in kind.private}
        yield from compile_condition(info.condition, {**names, **input_names(kind.inputs)}).reads
    yield from _texts(info.parameters)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key in value:
            yield from _texts(value[key])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _made(kind: Kind, names: Iterable[str]) -> list[Any]:
    """How each of them is made that is an entity or an input, and what these are made of in turn."""
    declared: dict[str, Sequence[Entity | Input | Lookup]] = {}
    for one in (*kind.entities, *kind.inputs):
        declared[one.name] = (*declared.get(one.name, ()), one)
    found: dict[tuple[str, str], Any] = {}
    asked = list(names)
    while asked:
        for one in declared.get(asked.pop(), ()):
            key = (type(one).__name__, one.name)
            if key not in found:
                by = one.by
                found[key] = [*key, one.of, made_of(by), None if by is None else source_digest(by)]
                asked += [one.of] if isinstance(one.of, str) else one.of
    return [found[key] for key in sorted(found)]
