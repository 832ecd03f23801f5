"""What a store knows of one entity, told without any event: numbers as of a time, and what others compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from features.aggregations.base import FeatureInfo, Sources
from features.aggregations.derived import Derived
from features.aggregations.elsewhere import READABLE, Elsewhere
from features.aggregations.formulas import DEGREE
from features.aggregations.reserve import Reserve
from features.aggregations.state import EntityPlan, Positions, Reading, Register, ValueSet, absent
from features.catalogue import Catalogue
from features.event import to_rfc3339
from features.generated import value_code, vector_function

# One window that no bucket is too old for.
_EVER = ((1, 2**40),)


class KnownFeature(msgspec.Struct, frozen=True):
    """``value``: what an event at that time would find; None where only an event could tell. ``compared_with``: then
    what the event would be compared with. No value of a set is known: sets hold hashes."""

    name: str
    aggregation: str
    value: float | None
    unit: str
    sentence: str
    compared_with: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Compared:
    """A feature that compares an event with what is kept in these sets or in this register."""

    info: FeatureInfo
    sets: tuple[tuple[str, ValueSet], ...]
    registers: tuple[Register, ...]


class Knowledge:
    """How to tell what is known of one entity of a kind.

    ``plan`` is what to look up, and ``tallies`` the same for how many values each set holds.
    """

    def __init__(self, catalogue: Catalogue, entity: str) -> None:
        kind = catalogue.kind
        self.plan: EntityPlan = catalogue.plans[entity]
        self.tallies = replace(self.plan, sets=tuple(replace(v, spans=_EVER) for v in self.plan.sets))
        self._at, self._tallies_at = Positions(self.plan), Positions(self.tallies)
        self._shown: list[FeatureInfo | _Compared] = []
        sources = Sources({entity: "r0"}, {entity: self._at}, lambda name: value_code({}, name))
        codes = []
        for measure in kind.features:
            if isinstance(measure, (Derived, Elsewhere)) or measure.entity_of(kind).name != entity:
                continue
            # By itself, so that it says which state is its own.
            alone = {other.name: Reserve(kind, other) for other in kind.entities}
            compiled = measure.compile(kind, alone)
            for info, code in zip(compiled.infos, compiled.codes, strict=True):
                if info.aggregation in READABLE:
                    self._shown.append(info)
                    codes.append(code(sources))
                else:
                    self._shown.append(_compared(info, alone[entity]))
        self._values = vector_function(kind, {}, codes, [absent(self.plan)], sources.shared)

    def features(self, reading: Reading, tallies: Reading, time_ms: int) -> list[KnownFeature]:
        """In declared order. ``reading`` and ``tallies``: what the store answered for both plans at ``time_ms``."""
        values = iter(self._values(None, time_ms, (), [reading]))
        return [
            _known(one.info, None, self._told(one, reading, tallies))
            if isinstance(one, _Compared)
            else _known(one, next(values), None)
            for one in self._shown
        ]

    def _told(self, one: _Compared, reading: Reading, tallies: Reading) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for of, values in one.sets:
            held = {"values": tallies[self._tallies_at.count[values.id, _EVER[0]]], "of_at_most": values.cap}
            if values.counted:
                held["events"] = reading[self._at.known[values.id] + 1]
            told[of] = held
        for register in one.registers:
            at = self._at.register[register.id]
            if reading[at]:
                told["last"] = {"time": to_rfc3339(reading[at + 1])} | _place(
                    reading[at + 2 : at + 2 + register.width]
                )
        return told


def _compared(info: FeatureInfo, reserve: Reserve) -> _Compared:
    plan = reserve.plan()
    inputs = [of for of, _, _ in reserve.set_inputs]
    return _Compared(info, tuple(zip(inputs, plan.sets, strict=True)), plan.registers)


def _place(values: Sequence[int]) -> dict[str, float]:
    """Latitude and longitude from a register (see ``formulas.place``)."""
    latitude, longitude = values
    return {"latitude": latitude / DEGREE - 90, "longitude": longitude / DEGREE - 180}


def _known(info: FeatureInfo, value: float | None, compared_with: dict[str, Any] | None) -> KnownFeature:
    return KnownFeature(info.name, info.aggregation, value, info.unit, info.sentence, compared_with)
