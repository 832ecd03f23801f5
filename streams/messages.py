"""What each record is beside its payload, in AsyncAPI's terms: its words, its key, its headers."""

from __future__ import annotations

from typing import Any

from features.kind import Kind
from streams.bundles.wire import BUNDLE_KEY, CURRENT_KEY
from streams.champions import CHAMPION_KEY, HISTORY_KEY
from streams.enforcement.record import CORRECTED_KEY, READ_KEY, SOURCE_KEY
from streams.forgotten import FORGOTTEN_KEY
from streams.learning.drifting import WATCH_KEY
from streams.revert.record import REVERT_KEY
from streams.served_models import MODEL_KEY
from streams.standing.told import STANDING, Told
from streams.wire import APPEND_HEADER, OFFSET_HEADER, PARTITION_HEADER, TOPIC_HEADER, TOPIC_ID_HEADER

Part = dict[str, Any]

BINDING = "0.5.0"
SCHEMA = "#/components/schemas/{name}"
_POSITION = (
    f"{READ_KEY}V, or {SOURCE_KEY}V<E: a partition of verdicts, and one of events, each by topic id, colon and number"
)
_NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
_HEADERS = {
    TOPIC_HEADER: {"type": "string", "description": "the topic of the event's record"},
    TOPIC_ID_HEADER: {"type": "string", "description": "Kafka's id of that topic, new when it is created anew"},
    PARTITION_HEADER: {**_NUMBER, "description": "the partition of the event's record"},
    OFFSET_HEADER: {**_NUMBER, "description": "the offset of the event's record"},
    APPEND_HEADER: {**_NUMBER, "description": "when Kafka appended it, in milliseconds since 1970"},
}


def event_message(kind: Kind) -> Part:
    words = f"A {kind.name} event. Fields that the kind does not know are ignored, and counted."
    if kind.private:
        words += f" Private text, in no verdict, index, log or error: {', '.join(kind.private)}."
    key = {"type": "string", "minLength": 1, "description": f"the event's {kind.partition_key}, as UTF-8 text"}
    return _message(f"{kind.name} event", words, f"event.{kind.name}", key=key)


def own_messages() -> dict[str, Part]:
    decision = {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "the decision id of the labelled event"}
    headers = {"type": "object", "required": list(_HEADERS), "properties": _HEADERS}
    verdict_key = {"type": ["string", "null"], "description": "the key of the event's record"}
    model_key = {"type": "string", "pattern": f"^{MODEL_KEY}", "description": f"{MODEL_KEY}<name of the model>"}
    champions_key = {"type": "string", "pattern": f"^{HISTORY_KEY}", "description": f"{HISTORY_KEY}<kind>"}
    watch_key = {"type": "string", "pattern": f"^{WATCH_KEY}", "description": f"{WATCH_KEY}<kind>"}
    champion_key = {"type": "string", "pattern": f"^{CHAMPION_KEY}", "description": f"{CHAMPION_KEY}<kind>"}
    forgotten_key = {
        "type": "string",
        "pattern": f"^{FORGOTTEN_KEY}.+/[0-9a-f]{{24}}$",
        "description": f"{FORGOTTEN_KEY}<entity>/<hash of its value: BLAKE2b, 12 bytes, hexadecimal>",
    }
    bundle_key = {"type": "string", "pattern": f"^{BUNDLE_KEY}[0-9a-f]{{16}}$", "description": f"{BUNDLE_KEY}<hash>"}
    current_key = {"type": "string", "pattern": f"^{CURRENT_KEY}", "description": f"{CURRENT_KEY}<kind>"}
    revert_key = {
        "type": "string",
        "pattern": f"^{REVERT_KEY}[0-9a-f]{{32}}$",
        "description": f"{REVERT_KEY}<its id>",
    }
    target_key = {"type": "string", "pattern": "^[^.=][^=]*=", "description": "<entity>=<value>, a target"}
    keys = "|".join(key.replace(".", "[.]") for key in (READ_KEY, SOURCE_KEY))
    position_key = {"type": "string", "pattern": f"^({keys})", "description": _POSITION}
    corrected_key = {
        "type": "string",
        "pattern": f"^{CORRECTED_KEY.replace('.', '[.]')}",
        "description": f"{CORRECTED_KEY}<decision id>",
    }
    named = {
        "type": ["string", "null"],
        "description": "UTF-8 text without quotes: a model's name, or name@version, which does not learn; a record "
        "without value means the model that ships",
    }
    return {
        "label": _message("label", "What somebody found out about an event.", "label", key=decision),
        "verdict": _message(
            "verdict",
            "What was decided about an event, why, and on what. It holds none of the event's private text. "
            "Its headers tell where the event's record stands.",
            "verdict",
            key=verdict_key,
            headers=headers,
        ),
        "dead-letter": _message("dead letter", "A record that was refused. It has no key.", "dead-letter"),
        "checkpoint": _message(
            "checkpoint", "A model's newest checkpoint in the registry.", "checkpoint", key=model_key
        )
        | {"contentType": "application/json"},
        "champion": {
            "title": "champion",
            "description": "The model whose score counts for a kind.",
            "contentType": "text/plain",
            "payload": named,
            "bindings": _key(champion_key),
        },
        "champions": _message(
            "champions", "Who made which model count, when and why.", "champions", key=champions_key
        )
        | {"contentType": "application/json"},
        "drift": _message("drift", "The alarms about a kind that stand.", "drift", key=watch_key)
        | {"contentType": "application/json"},
        "forgotten": _message(
            "forgotten", "An actor whose earlier events count no more.", "forgotten", key=forgotten_key
        )
        | {"contentType": "application/json"},
        "bundle": _message(
            "bundle", "The rules, policy and lists that a verdict names by this hash.", "bundle", key=bundle_key
        )
        | {"contentType": "application/json"},
        "current": _message(
            "current",
            "The bundle in force for a kind. A record without value: what ships with the workers.",
            "current",
            key=current_key,
        )
        | {"contentType": "application/json"},
        "revert": _message(
            "revert", "A rule that shall never have spoken in a span of event time.", "revert", key=revert_key
        )
        | {"contentType": "application/json"},
        **{name: _standing(name, told) for name, told in STANDING.items()},
        "enforcement": _message(
            "enforcement",
            "What is enforced against a target: of its decisions the first that has not expired. "
            "A record without value: nothing is enforced any more.",
            "enforcement",
            key=target_key,
        )
        | {"contentType": "application/json"},
        "position": _message(
            "position", "For the enforcer alone: verdicts up to there were taken.", "position", key=position_key
        )
        | {"contentType": "application/json"},
        "corrected": _message(
            "corrected decision",
            "For the enforcer alone: a decision that counts no more.",
            "corrected",
            key=corrected_key,
        )
        | {"contentType": "application/json"},
    }


def _standing(name: str, told: Told) -> Part:
    pattern, words = told.key
    key = {"type": "string", "pattern": pattern, "description": words}
    message = _message(name.replace("-", " "), told.words, name, key=key)
    return message | {"contentType": "application/json"}


def _message(title: str, words: str, payload: str, *, key: Part | None = None, headers: Part | None = None) -> Part:
    return {
        "name": payload,
        "title": title,
        "description": words,
        **({"headers": headers} if headers is not None else {}),
        "payload": {"$ref": SCHEMA.format(name=payload)},
        **({"bindings": _key(key)} if key is not None else {}),
    }


def _key(schema: Part) -> Part:
    return {"kafka": {"key": schema, "bindingVersion": BINDING}}
