"""An event's private text, read again from Kafka for an explanation: it is shown, and kept nowhere."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable
from functools import cache

from confluent_kafka import KafkaException

from features.errors import WeirError
from features.kind import Kind
from models.learning.decisions import Decision, Origin
from models.scorers import Text
from models.verdict import Verdict
from streams.kafka import Stopped
from streams.learning.texts import TextReader
from streams.settings import Settings

_PATIENCE_S = 15.0


class TextUnknown(WeirError):
    """Why the text of an event is not at hand, in words that begin in lower case."""


def text_reader(
    settings: Settings, kind: Kind, verdict: Verdict, origin: Callable[[str], Origin | None]
) -> Callable[[], Text]:
    """What reads the text of the event that a verdict is about, once; it raises TextUnknown.

    ``origin``: by decision id, where in Kafka its event stands, as ``Records`` tells it.
    """
    # A correction is about the event of the decision that it takes the place of.
    about = verdict.data.corrects if isinstance(verdict.data.corrects, str) else verdict.id

    @cache
    def read() -> Text | str:
        place = origin(about)
        if place is None:
            return "it is not known where in Kafka the event stands: Elasticsearch knows, a file of verdicts does not"
        return _read(settings, kind, about, place)

    def text() -> Text:
        found = read()
        if isinstance(found, str):
            raise TextUnknown(found)
        return found

    return text


def _read(settings: Settings, kind: Kind, decision_id: str, origin: Origin) -> Text | str:
    """The text, or why there is none."""
    decision = Decision(decision_id, kind.name, (), array("d"), (), array("d"), origin=origin)
    stop = threading.Event()
    timer = threading.Timer(_PATIENCE_S, stop.set)
    timer.daemon = True
    timer.start()
    try:
        reader = TextReader(settings, {kind.name: kind}, stop)
        try:
            found = reader.read([decision])
        finally:
            reader.close()
    except Stopped:
        return f"Kafka does not answer within {_PATIENCE_S:.0f} s: is WEIR_KAFKA right?"
    except KafkaException as error:
        return f"Kafka does not give it ({error.args[0].name()})"
    finally:
        timer.cancel()
    if decision_id not in found:
        return "Kafka does not retain the event any more, and its text stands nowhere else"
    return found[decision_id] or "the event has none"
