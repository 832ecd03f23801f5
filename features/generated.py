"""The two functions that are generated for a kind, so that an event costs no interpretation of its declarations.

One turns an event into what its entities are fed, the other turns what the store answered into the vector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from features.aggregations import formulas
from features.aggregations.derived import Derived
from features.aggregations.reserve import Reserve
from features.aggregations.state import EntityPlan, Reading
from features.entity import digest, slot_of, value_hash
from features.errors import ExpressionError, KindError
from features.expression import compile_condition
from features.expression.functions import FUNCTIONS
from features.expression.types import BOOL, NUMBER, STRING, Name, Namespace, field_names
from features.kind import Entity, Kind, Lookup
from features.prepared import Update, key_of

# (data of the event, reference data) -> entities, updates, derived inputs
Prepare = Callable[[Any, Any], tuple[dict[str, str], tuple[Update | None, ...], tuple[Any, ...]]]
# (data, time in ms, derived inputs, readings) -> vector
Vector = Callable[[Any, int, tuple[Any, ...], Sequence[Reading | None]], tuple[float, ...]]
# Actors and their values come again and again; what is remembered of them is bounded.
_REMEMBERED = 32_768
# Nobody shall fill that with long texts: 64 letters of four bytes, in a dozen memories, are some 200 MB at most.
_SHORT = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A state that an event of the kind feeds or reads: that of ``entity``, by ``plan``."""

    entity: str
    plan: EntityPlan


@dataclass(frozen=True, slots=True)
class Made:
    """An entity of the kind, what is kept for it, and what that is fed from."""

    entity: Entity
    plan: EntityPlan
    reserve: Reserve


def made_of(by: Callable[..., Any] | None) -> str | None:
    """How a function is known to stored state and to schemas."""
    return None if by is None else by.__qualname__


def prepare_function(
    kind: Kind, fields: Namespace, inputs: Namespace, made: Sequence[Made], sources: Sequence[Source]
) -> Prepare:
    writer = _Writer(kind, fields, inputs)
    writer.derived_inputs()
    lines: list[str] = []
    for one in made:
        mine = [index for index, source in enumerate(sources) if source.entity == one.entity.name]
        raw = writer.value(one.entity.of)
        made_by = _maker(one.entity, [sources[index].plan.prefix for index in mine])
        lines.append(f"    m = None if {raw} is None else {writer.remembered(made_by, one.entity.of)}")
        lines.append("    if m is not None:")
        lines.append(f"        e[{one.entity.name!r}] = m[0]")
        for number, index in enumerate(mine, start=2):
            plan = sources[index].plan
            fed = "NOTHING" if plan.whole is not None else f"[{', '.join(writer.fed(one.reserve))}]"
            lines.append(f"        u{index} = Update({writer.bind(plan)}, m[{number}], m[1], {fed})")
            writer.first.append(f"    u{index} = None")
    returned = [f"u{index}" for index in range(len(sources))], [known.code for known in inputs.values()]
    updates, derived = (f"({''.join(f'{name}, ' for name in names)})" for names in returned)
    text = ["def prepare(d, ref):", "    e = {}", *writer.first, *lines, f"    return e, {updates}, {derived}"]
    prepare: Prepare = writer.run(text, "prepare", {"Update": Update, "NOTHING": []})
    return prepare


def vector_function(
    kind: Kind,
    inputs: Namespace,
    columns: Sequence[str | Derived],
    absent: Sequence[Reading],
    shared: Mapping[str, str],
) -> Vector:
    """``columns``: code, or what the event alone tells; ``shared``: variables that they read, by their code."""
    writer = _Writer(kind, {}, inputs)
    lines = ["def vector(d, t, x, readings):"]
    if absent:
        lines.append(f"    {''.join(f'r{i}, ' for i in range(len(absent)))} = readings")
    if inputs:
        lines.append(f"    {''.join(f'{known.code}, ' for known in inputs.values())} = x")
    for index, reading in enumerate(absent):
        lines.append(f"    if r{index} is None: r{index} = {writer.bind(reading)}")
    lines += (f"    {name} = {code}" for code, name in shared.items())
    values = [column if isinstance(column, str) else writer.derived(column) for column in columns]
    lines.append(f"    return ({''.join(f'{value}, ' for value in values)})")
    made: Vector = writer.run(lines, "vector", vars(formulas))
    return made


def value_code(inputs: Namespace, name: str) -> str:
    """Code that reads a field, a derived input, or the event's time."""
    if name == "time_ms":
        return "t"
    return inputs[name].code if name in inputs else f"d.{name}"


class _Writer:
    """Collects what generated code refers to, and lines that compute a value once for all that need it."""

    def __init__(self, kind: Kind, fields: Namespace, inputs: Namespace) -> None:
        self._kind = kind
        self._inputs = inputs
        self._conditions: Namespace = {**fields, **inputs}
        self._types: Mapping[str, Name] = {**field_names(kind.fields), **inputs}
        self._bound: dict[str, Any] = {}
        self._computed: dict[str, str] = {}
        self.first: list[str] = []

    def bind(self, value: Any) -> str:
        name = f"k{len(self._bound)}"
        self._bound[name] = value
        return name

    def value(self, name: str) -> str:
        return value_code(self._inputs, name)

    def run(self, lines: Sequence[str], name: str, more: Mapping[str, Any]) -> Any:
        functions = {name: function.implementation for name, function in FUNCTIONS.items()}
        space: dict[str, Any] = {"__builtins__": {}, **functions, **more, **self._bound}
        exec(compile("\n".join(lines), f"<{name} of kind {self._kind.name}>", "exec"), space)
        return space[name]

    def derived_inputs(self) -> None:
        for declared in self._kind.inputs:
            arguments = ["ref"] if isinstance(declared, Lookup) else []
            arguments += [f"d.{of}" for of in declared.of]
            code = self._inputs[declared.name].code
            self.first.append(f"    {code} = {self.bind(declared.by)}({', '.join(arguments)})")
            if self._inputs[declared.name].type == STRING:
                self.first.append(f"    if {code} == '': {code} = None")

    def derived(self, measure: Derived) -> str:
        values = [self.value(name) for name in measure.of]
        call = f"{self.bind(measure.by)}({', '.join(values)})"
        return call if values[0] == "t" else f"({call} if {values[0]} is not None else {measure.default!r})"

    def fed(self, reserve: Reserve) -> list[str]:
        """The inputs of one update, in the order of its plan."""
        result = [self._weight(of, where) for of, where in reserve.weights]
        for name, where, counted in reserve.set_inputs:
            value = self._hash(name)
            result.append(self._where(where, value, f"-2 - {value}" if counted else "-1"))
        for parts, where in reserve.register_inputs:
            if not parts:
                result.append(self._where(where, "1", "-1"))
                continue
            place = self._once(f"{self._named(formulas.place)}({', '.join(self.value(of) for of in parts)})", "p")
            result += (self._where(where, f"{place}[{index}]", "-1") for index in range(len(parts)))
        return result

    def _weight(self, of: str | None, where: str | None) -> str:
        if of is None:
            return self._where(where, "1", "0")
        return self._where(where, f"({self.value(of)} or 0)", "0")

    def _where(self, where: str | None, code: str, otherwise: str) -> str:
        return code if where is None else f"({code} if {self._once(self._condition(where), 'c')} else {otherwise})"

    def _hash(self, of: str) -> str:
        known = self._types.get(of)
        # A list cannot be remembered by its value; numbers and truth values of one field never mix.
        cached = known is not None and known.type in (STRING, NUMBER, BOOL)
        key = f"hash:{of}"
        if key not in self._computed:
            plain = f"{self._named(_hash_or_none)}({self.value(of)})"
            self._computed[key] = self._once(self.remembered(_hash_or_none, of) if cached else plain, "h")
        return self._computed[key]

    def remembered(self, function: Callable[[Any], Any], of: str) -> str:
        """Code that asks a function about a field or input, unless it was asked the same before."""
        value = self.value(of)
        found = f"{self.bind(lru_cache(_REMEMBERED)(function))}({value})"
        known = self._types.get(of)
        if known is None or known.type != STRING:
            return found
        short = f"{value} is None or {self._named(len)}({value}) <= {_SHORT}"
        return f"({found} if {short} else {self._named(function)}({value}))"

    def _once(self, code: str, prefix: str) -> str:
        name = self._computed.get(code)
        if name is None:
            name = self._computed[code] = f"{prefix}_{len(self._computed)}"
            self.first.append(f"    {name} = {code}")
        return name

    def _named(self, value: Any) -> str:
        for name, bound in self._bound.items():
            if bound is value:
                return name
        return self.bind(value)

    def _condition(self, where: str) -> str:
        try:
            return compile_condition(where, self._conditions).code
        except ExpressionError as error:
            about = next((m.name for m in self._kind.features if getattr(m, "where", None) == where), None)
            place = f"kind {self._kind.name}: condition of feature {about!r}"
            raise KindError(error.render(place), about=about) from None


def _maker(entity: Entity, prefixes: Sequence[str]) -> Callable[[Any], tuple[Any, ...] | None]:
    """From the raw value to the entity's value, its slot, and its key in the plan of each prefix.

    None for what is no such entity.
    """
    by = entity.by

    def made(raw: Any) -> tuple[Any, ...] | None:
        value = by(raw) if by is not None else str(raw)
        if not value:
            return None
        stands = digest(value)
        return value, slot_of(stands), *(key_of(prefix, stands) for prefix in prefixes)

    return made


def _hash_or_none(value: Any) -> int:
    """The value as sets keep it, -1 for none."""
    found = None if value is None or value == "" else value_hash(value)
    return -1 if found is None else found
