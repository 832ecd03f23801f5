"""An event's private text, as scorers read it."""

from __future__ import annotations

from features.event import Event
from features.kind import Kind
from models.scorers.base import Text

HEADERS = "headers"


def has_text(kind: Kind) -> bool:
    return bool(kind.private)


def text_of(event: Event) -> Text | None:
    """The private field ``headers``, and all other private fields in declared order, a line break between them.

    None: the event has none of them.
    """
    texts = {name: value for name in event.kind.private if isinstance(value := getattr(event.data, name), str)}
    if not texts:
        return None
    headers = texts.pop(HEADERS, "")
    return Text(headers, "\n".join(texts.values()))
