"""The text of docs/features.md: every kind's entities, inputs and features, and how each number is computed."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from features import expression
from features.aggregations.base import NOTATION, FeatureInfo
from features.catalogue import Catalogue
from features.expression.functions import FUNCTIONS
from features.kind import Kind, Lookup

_INTRODUCTION = """\
# Features

Made by `make docs` from the declarations in `features/kinds`. The same for a program: `weir features list --json`;
what an event's entities and inputs are, and its stateless features: `weir features inputs --events FILE`.
How to add one: [add-a-feature.md](add-a-feature.md)."""
_NAMES = " Names in the formulas are those of `weir features list --json`."


def document(catalogues: Iterable[Catalogue]) -> str:
    """Markdown about all these kinds; the same declarations give the same text."""
    known = sorted(catalogues, key=lambda catalogue: catalogue.kind.name)
    parts = [_INTRODUCTION, *(_kind(catalogue) for catalogue in known)]
    infos = [info for catalogue in known for info in catalogue.infos]
    parts += ["## How each is computed", NOTATION + _NAMES, *_formulas(infos), "## Conditions", *_conditions()]
    return "\n\n".join(parts)


def _kind(catalogue: Catalogue) -> str:
    kind = catalogue.kind
    parts = [f"## {kind.name}", _first_line(sys.modules[kind.fields.__module__].__doc__)]
    entities = [
        (_code(entity.name), _code(entity.of), _words(entity.by) or "the text itself", _duration(entity.horizon_s))
        for entity in kind.entities
    ]
    parts.append(_table(("entity", "of", "its value is", "forgotten after"), entities))
    if kind.inputs:
        parts.append(_table(("input", "of", "its value is"), _inputs(kind)))
    rows = [_row(info) for info in catalogue.infos]
    heads = (
        "feature",
        "what it says",
        "aggregation",
        "window (bucket)",
        "of",
        "condition",
        "default",
        "range",
        "unit",
    )
    parts += [f"{len(rows)} features, in the order of the vector:", _table(heads, rows)]
    return "\n\n".join(parts)


def _inputs(kind: Kind) -> list[tuple[str, ...]]:
    return [
        (
            _code(declared.name),
            ", ".join(_code(name) for name in declared.of),
            _words(declared.by) + (" (reference data)" if isinstance(declared, Lookup) else ""),
        )
        for declared in kind.inputs
    ]


def _row(info: FeatureInfo) -> tuple[str, ...]:
    window = _duration(info.window_s) if info.window_s is not None else ""
    if info.bucket_s is not None:
        window += f" ({info.bucket_s} s)"
    return (
        _code(info.name),
        info.sentence,
        _aggregation(info),
        window,
        ", ".join(_code(name) for name in info.inputs),
        _code(info.condition) if info.condition else "",
        _number(info.default),
        _range(info),
        "" if info.unit == "1" else info.unit,
    )


def _aggregation(info: FeatureInfo) -> str:
    """Its name, with what else defines it."""
    more: dict[str, Any] = {"cap": info.cap, "kept_bucket_s": info.kept_bucket_s, **(info.parameters or {})}
    if info.of_kind != info.kind:
        more = {"of_kind": info.of_kind, **more}
    told = [f"{name} {_value(value)}" for name, value in more.items() if value is not None]
    return f"{info.aggregation}: {', '.join(told)}" if told else info.aggregation


def _formulas(infos: Sequence[FeatureInfo]) -> list[str]:
    """Each definition once, under the name of its aggregation."""
    found: dict[str, dict[str, list[str]]] = {}
    for info in infos:
        elsewhere = ", of another kind" if info.of_kind != info.kind else ""
        of = found.setdefault(f"{info.aggregation}{elsewhere}", {})
        of.setdefault(info.formula, []).append(info.name)
    parts = []
    for name in sorted(found, key=lambda name: (name == "derived", name)):
        parts.append(f"### {name}")
        if name == "derived":
            parts.append("Of the event alone, without state:")
            rows = [(", ".join(map(_code, dict.fromkeys(names))), text) for text, names in found[name].items()]
            parts.append(_table(("features", "definition"), rows))
        else:
            parts += found[name]
    return parts


def _conditions() -> list[str]:
    """What ``features/expression`` says of its language, and its functions."""
    _, *paragraphs = (inspect.getdoc(expression) or "").replace("``", "`").split("\n\n")
    rows = [
        (_code(f"{name}({', '.join(' or '.join(sorted(types)) for types in function.parameters)})"), function.result)
        for name, function in FUNCTIONS.items()
    ]
    return [*paragraphs, _table(("function", "gives"), [*rows, (_code("missing(name)"), expression.BOOL)])]


def _words(function: Callable[..., Any] | None) -> str:
    """A function's name and the first sentence that it says of itself."""
    if function is None:
        return ""
    return f"{_code(function.__qualname__)}: {_first_line(function.__doc__)}"


def _first_line(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split()).replace("``", "`")


def _duration(length_s: int) -> str:
    for unit, unit_s in (("d", 86_400), ("h", 3600), ("m", 60)):
        if length_s % unit_s == 0 and length_s > (unit_s if unit == "d" else 0):
            return f"{length_s // unit_s}{unit}"
    return f"{length_s} s"


def _range(info: FeatureInfo) -> str:
    if info.least is None and info.most is None:
        return "any"
    least, most = (_number(bound) if bound is not None else "" for bound in (info.least, info.most))
    return f"{least} …{' ' if most else ''}{most}".strip()


def _value(value: Any) -> str:
    if isinstance(value, (int, float)):
        return _number(value)
    return _code(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _number(value: float) -> str:
    return f"{value:.10g}"


def _code(text: str) -> str:
    return f"`{text}`"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return "\n".join([line(heads), "|" + "---|" * len(heads), *(line(row) for row in rows)])
