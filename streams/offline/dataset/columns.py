"""The columns of a data set, and the table that a few rows give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from features.aggregations.base import FeatureInfo
from features.kind import Kind
from streams.offline.dataset.rows import Row

_MOMENT = pa.timestamp("ms", tz="UTC")
_BEFORE: dict[str, pa.DataType] = {
    "decision_id": pa.string(),
    "event_id": pa.string(),
    "source": pa.string(),
    "time": _MOMENT,
    "schema": pa.string(),
    "action": pa.string(),
    "score": pa.float64(),
}
_AFTER: dict[str, pa.DataType] = {
    "label": pa.string(),
    "by": pa.string(),
    "label_time": _MOMENT,
    "labels": pa.int32(),
}
_OURS = ("score.", "entity.", "field.", "feature.")
_SCALARS: tuple[tuple[type[msgspec.inspect.Type], type, pa.DataType], ...] = (
    (msgspec.inspect.BoolType, bool, pa.bool_()),
    (msgspec.inspect.IntType, int, pa.int64()),
    (msgspec.inspect.FloatType, float, pa.float64()),
)


def column_of(feature: str) -> str:
    """A feature's column has its name, with ``feature.`` before it where a column of another sort is called so."""
    taken = feature in _BEFORE or feature in _AFTER or feature.startswith(_OURS)
    return f"feature.{feature}" if taken else feature


class Columns:
    """Makes tables of rows, each with the columns that its rows have; remembers all that were met.

    ``unlike``: values of fields that are not of the type that the kind declares by now; they are null.
    """

    def __init__(self, kind: Kind) -> None:
        declared = {info.name: info.type for info in msgspec.structs.fields(kind.fields)}
        self._declared = {f"field.{name}": _scalar(msgspec.inspect.type_info(of)) for name, of in declared.items()}
        self._features: dict[str, None] = {}
        self._models: set[str] = set()
        self._personal: set[str] = set()
        self.unlike = 0

    def table(self, rows: Sequence[Row]) -> pa.Table:
        features = dict.fromkeys(name for row in rows for name in row.features)
        models = {name for row in rows for name in row.scores}
        personal = {name for row in rows for name in row.personal}
        self._features |= features
        self._models |= models
        self._personal |= personal
        given = [None if row.held is None else row.held.given for row in rows]
        values: dict[str, Any] = {
            "decision_id": [row.id for row in rows],
            "event_id": [row.event_id for row in rows],
            "source": [row.source for row in rows],
            "time": [row.time_ms for row in rows],
            "schema": [row.schema for row in rows],
            "action": [row.action for row in rows],
            "score": [row.score for row in rows],
            **{column_of(name): [row.features.get(name) for row in rows] for name in features},
            **{f"score.{name}": [row.scores.get(name) for row in rows] for name in models},
            **{name: self._values(name, rows) for name in personal},
            "label": [None if one is None else one.label for one in given],
            "by": [None if one is None else one.by for one in given],
            "label_time": [None if one is None else one.time_ms for one in given],
            "labels": [0 if row.held is None else row.held.labels for row in rows],
        }
        return pa.table({name: pa.array(of, type=self._type(name)) for name, of in values.items()})

    def schema(self, infos: Iterable[FeatureInfo], notes: Mapping[str, Any]) -> pa.Schema:
        """All columns that were met, features in the order of ``infos``, which tell about them; ``notes`` go along.

        Without any row the features are those of ``infos``.
        """
        told = {info.name: info for info in infos}
        met = self._features or told
        features = [name for name in told if name in met] + sorted(name for name in met if name not in told)
        fields = [pa.field(name, of) for name, of in _BEFORE.items()]
        for name in features:
            about = {"sentence": told[name].sentence, "unit": told[name].unit} if name in told else {}
            fields.append(pa.field(column_of(name), pa.float64(), metadata=about))
        fields += [pa.field(f"score.{name}", pa.float64()) for name in sorted(self._models)]
        fields += [pa.field(name, self._type(name)) for name in sorted(self._personal)]
        fields += [pa.field(name, of) for name, of in _AFTER.items()]
        return pa.schema(fields, metadata={"weir": msgspec.json.encode(notes)})

    def _type(self, column: str) -> pa.DataType:
        fixed = _BEFORE.get(column) or _AFTER.get(column)
        if fixed is not None:
            return fixed
        if column.startswith("entity."):
            return pa.string()
        return self._declared.get(column, (str, pa.string()))[1] if column.startswith("field.") else pa.float64()

    def _values(self, column: str, rows: Sequence[Row]) -> list[Any]:
        """Scalars as the kind declares them, all else as text, JSON where it is none."""
        of, _ = self._declared.get(column, (str, None))
        values = [row.personal.get(column) for row in rows]
        if of is str:
            return [v if v is None or isinstance(v, str) else msgspec.json.encode(v).decode() for v in values]
        found = [_as(of, value) for value in values]
        self.unlike += sum(a is None and b is not None for a, b in zip(found, values, strict=True))
        return found


def _as(of: type, value: Any) -> Any:
    if of is float and type(value) is int:
        return float(value)
    # A truth value is an int to Python.
    return value if type(value) is of else None


def _scalar(info: msgspec.inspect.Type) -> tuple[type, pa.DataType]:
    if isinstance(info, msgspec.inspect.Metadata):
        return _scalar(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return _scalar(next(part for part in info.types if not isinstance(part, msgspec.inspect.NoneType)))
    return next(((of, arrow) for kind, of, arrow in _SCALARS if isinstance(info, kind)), (str, pa.string()))
