"""A rule's own cases: the situation that each describes, and whether the rule does on it what its author wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from features.catalogue import Catalogue
from features.errors import InvalidEvent, WeirError
from features.event import EventDecoder, to_rfc3339
from features.expression import BOOL, NUMBER, STRING, STRINGS, Condition
from features.expression.arithmetic import MOST
from features.expression.names import unknown
from features.reference import Reference, load_reference
from models.facts import Facts
from models.rules.compiled import Compiled
from models.rules.finding import Finding
from models.rules.generate import alone
from models.rules.rule import Case, moment_ms
from models.rules.vocabulary import SCORE, Vocabulary

# When an event of a case happens that does not say so: a Wednesday at noon, UTC.
_NOON_MS = 1_767_787_200_000
_LONGEST = 1_048_576
_NO_FUTURE_S = 10**12
_TYPES: dict[str, tuple[type, ...]] = {NUMBER: (int, float), STRING: (str,), BOOL: (bool,), STRINGS: (list,)}


class CaseError(WeirError):
    """A case that describes no situation; the text says why."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule's condition is asked about."""

    data: Any
    vector: Sequence[float]
    score: float | None
    facts: Facts
    entities: Mapping[str, str]

    def ask(self, question: Callable[..., Any]) -> Any:
        return question(self.data, self.vector, self.score, self.facts, self.entities)


class _Fields:
    """The field values that a case gives; whatever it does not name is absent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name)


def situation(case: Case, condition: Condition, catalogue: Catalogue, vocabulary: Vocabulary) -> Situation:
    """What the case describes; raises CaseError. A feature that a case without an event does not name is 0."""
    _check_names(case, condition, catalogue, vocabulary)
    facts = Facts(lists=case.lists, labels=case.labels)
    score = case.values.get(SCORE)
    if case.event is None:
        vector = [case.values.get(name, 0) for name in catalogue.names]
        return Situation(_Fields(case.values), vector, score, facts, _entities(case, catalogue))
    record = {
        "specversion": "1.0",
        "id": "case",
        "source": "case",
        "type": catalogue.kind.name,
        "time": _moment(case),
        "data": case.event,
    }
    decoder = EventDecoder(catalogue.kind, _LONGEST, _NO_FUTURE_S)
    try:
        event = decoder.decode(msgspec.json.encode(record))
    except InvalidEvent as error:
        raise CaseError(f"has an event that is none of this kind: {error.detail}") from None
    if decoder.unknown_fields:
        fields = catalogue.kind.fields.__struct_fields__
        name = next(name for name in case.event if name not in fields)
        raise CaseError(f"has an event with an {unknown('field', name, fields, ', '.join(fields))}")
    prepared = catalogue.prepare(event, _reference())
    usual = catalogue.vector(event, prepared, [None] * len(catalogue.sources))
    vector = [case.values.get(name, value) for name, value in zip(catalogue.names, usual, strict=True)]
    return Situation(event.data, vector, score, facts, catalogue.named(prepared))


def _moment(case: Case) -> str:
    try:
        return to_rfc3339(_NOON_MS if case.time is None else moment_ms(case.time))
    except OverflowError:
        raise CaseError("has a time that is in no year from 1 to 9999 UTC") from None


def complaints(compiled: Compiled, catalogue: Catalogue, vocabulary: Vocabulary) -> Iterator[Finding]:
    """What is wrong with a rule's cases; nothing if each comes out as it is written."""
    question = alone([compiled.condition.tree])
    for number, case in enumerate(compiled.rule.cases):
        message = _complaint(case, compiled.condition, catalogue, vocabulary, question)
        if message is not None:
            what = f"case {case.name!r}" if case.name else f"case {number + 1}"
            yield compiled.place.finding(f"{what} {message}", rule=compiled.rule.id, key="cases", item=number)


def _complaint(
    case: Case,
    condition: Condition,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    question: Callable[..., tuple[bool, ...]],
) -> str | None:
    try:
        (fired,) = situation(case, condition, catalogue, vocabulary).ask(question)
    except CaseError as error:
        return str(error)
    except TypeError:
        return "gives no value to a required field that the condition reads"
    if fired is not case.fires:
        return f"says fires = {str(case.fires).lower()}, and the condition says otherwise"
    return None


def _check_names(case: Case, condition: Condition, catalogue: Catalogue, vocabulary: Vocabulary) -> None:
    for name, value in case.values.items():
        known = vocabulary.names.get(name)
        allowed = _TYPES[known.type] if known is not None else (str,)
        if known is None and name not in vocabulary.live.entities:
            raise CaseError(f"gives a value to {name!r}, which is no field and no feature")
        if case.event is not None and name not in (*catalogue.names, SCORE):
            raise CaseError(f"gives a value to {name!r} beside its event: write it into the event")
        # A truth value is a number to Python.
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise CaseError(f"gives {name!r} a value that is no {known.type if known else STRING}")
        if isinstance(value, int) and abs(value) >= MOST:
            raise CaseError(f"gives {name!r} a whole number that is not below 2^53")
    for list_ in case.lists:
        if list_ not in {of for _, of in condition.memberships}:
            raise CaseError(f"speaks of the list {list_!r}, for which the condition does not ask")
    for entity in case.labels:
        if entity not in condition.labels:
            raise CaseError(f"speaks of labels of {entity!r}, for which the condition does not ask")


def _entities(case: Case, catalogue: Catalogue) -> dict[str, str]:
    """By name; in a case without an event, what is named or made of a required field is there."""
    required = _required(catalogue.kind.fields)
    spoken = {*case.labels, *(name for names in case.lists.values() for name in names)}
    return {
        entity.name: str(case.values.get(entity.name, case.values.get(entity.of, "")))
        for entity in catalogue.kind.entities
        if entity.name in case.values or entity.of in case.values or entity.of in required or entity.name in spoken
    }


@cache
def _required(fields: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(info.name for info in msgspec.structs.fields(fields) if info.required)


@cache
def _reference() -> Reference:
    """What comes with the libraries: the same wherever the rule is tested."""
    return load_reference(None)
