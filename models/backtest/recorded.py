"""Verdicts read quickly: of a record only what rules and policies can ask, in the shape in which they ask it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast

import msgspec

from features.catalogue import Catalogue
from models.facts import Facts

_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Event(msgspec.Struct, gc=False):
    kind: str


class Recorded(msgspec.Struct, gc=False):
    """The verdict of one event; ``data.features`` and ``data.fields`` are structs made for its kind."""

    id: str
    type: str
    time: datetime
    data: RecordedData


class RecordedData(msgspec.Struct, gc=False):
    event: _Event
    fields: Any
    entities: dict[str, str]
    action: str
    score: float | None
    features: Any
    facts: Facts
    bundle: str
    schema: str
    degraded: tuple[str, ...]
    corrects: str | None = None


class RecordedReader:
    """Reads the verdicts of one kind."""

    def __init__(self, catalogue: Catalogue) -> None:
        fields = [(name, Any, None) for name in catalogue.fields]
        # Names of features have dots. One that is not recorded has its default, as in ``Rejudge``.
        features = [(f"f{index}", float, info.default) for index, info in enumerate(catalogue.infos)]
        names = {f"f{index}": name for index, name in enumerate(catalogue.names)}
        data = msgspec.defstruct(
            "KindData",
            [
                ("event", _Event),
                ("fields", msgspec.defstruct("KindFields", fields, gc=False)),
                ("entities", dict[str, str]),
                ("action", str),
                ("score", float | None),
                ("features", msgspec.defstruct("KindFeatures", features, rename=names, gc=False)),
                ("facts", Facts),
                ("bundle", str),
                ("schema", str),
                ("degraded", tuple[str, ...]),
                ("corrects", str | None, None),
            ],
            gc=False,
        )
        parts = [("id", str), ("type", str), ("time", _Time), ("data", data)]
        whole = msgspec.defstruct("KindVerdict", parts, gc=False)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(whole)

    def read(self, record: bytes) -> Recorded:
        """Raises msgspec.MsgspecError or UnicodeError for what is no verdict of any kind."""
        return cast(Recorded, self._decoder.decode(record))


def vector_of(recorded: Recorded) -> tuple[float, ...]:
    """The feature vector in schema order."""
    return cast(tuple[float, ...], msgspec.structs.astuple(recorded.data.features))
