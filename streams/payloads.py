"""What the records of every topic hold, as JSON Schema, made from the structs that encode and decode them."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from features.errors import InvalidEvent
from features.fields import field_metadata
from features.kind import Kind
from models.actions import ACTIONS
from models.registry import Manifest
from models.verdict import VerdictData
from streams.bundles.wire import BundleRecord, Current
from streams.champions import ChampionHistory
from streams.enforcement.record import Corrected, Enforcement, Position
from streams.forgotten import Forgetting
from streams.learning.drifting import WatchRecord
from streams.revert.record import Revert
from streams.standing.told import STANDING
from streams.wire import DeadLetter, LabelData

Schema = dict[str, Any]

# JSON Schema has no format for both families; null passes, because formats concern strings only.
_IP = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}, {"maxLength": 0}]}
_NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
_OWN: tuple[type[msgspec.Struct], ...] = (
    *(LabelData, VerdictData, DeadLetter),
    *(Manifest, ChampionHistory, WatchRecord, Forgetting, BundleRecord, Current, Revert),
    *(Enforcement, Position, Corrected),
    *(told.record for told in STANDING.values()),
)
# Records of compacted topics, without an envelope: those of ``_OWN`` behind the first three.
_STATES = (
    *("checkpoint", "champions", "drift", "forgotten", "bundle", "current", "revert"),
    *("enforcement", "position", "corrected"),
    *STANDING,
)
_HASH = {"type": "string", "pattern": "^[0-9a-f]{32}$"}

_VERDICT_ID = (
    "the decision id: a hash of the event's kind, source and id; of a correction a hash of that and of the revert"
)
_VERDICT_FIELDS = {
    "event": "the identity of the event that was decided",
    "fields": "the event's own fields that were present, less private text",
    "entities": "who is counted for this event: by entity name, its handle",
    "action": "what should happen to the target, from allow (weakest) to block (strongest)",
    "target": "the name of the entity that the action is about",
    "score": "the champion's score, 0 to 1, high means abuse; null while it has not seen enough labels",
    "scores": "every model's score, the champion's and the shadows'",
    "reasons": "the rules that fired, shadow ones marked, with what they observed and the limits in their conditions",
    "policy": "what the policy made of rules and score, in words, a step each",
    "features": "every feature of the kind by name, as it was known then, this event included",
    "facts": "live state that was looked up for this decision; what holds nothing is left out",
    "bundle": "hash of the rules and the policy that judged",
    "schema": "hash of the definitions of the features",
    "reference": "version of the reference data",
    "history_s": "how far back in event time the store's history reaches, in seconds",
    "degraded": "what was missing: late, reread, model:<name>, …; empty when nothing was",
    "corrects": "the decision id that this verdict corrects",
    "expires_at": "until when the action holds, RFC 3339",
    "digest": "BLAKE2b (16 bytes, hexadecimal) of the record without this entry",
}


def event_parts(kind: Kind, template: str) -> tuple[Schema, Schema]:
    """The schema of a kind's event with its envelope, and of the structs nested in its fields, by ``<kind>.<name>``.

    ``template``: how one refers to such a struct, with ``{name}`` for that. Private text is marked ``x-private``.
    """
    (reference,), structs = msgspec.json.schema_components(
        [kind.fields], ref_template=template.format(name=f"{kind.name}.{{name}}")
    )
    nested = {f"{kind.name}.{name}": struct for name, struct in structs.items()}
    (own,) = (name for name in nested if template.format(name=name) == reference["$ref"])
    data = nested.pop(own)
    metas = field_metadata(kind.fields)
    for name, field in data["properties"].items():
        if metas[name].get("private"):
            field["x-private"] = True
        if metas[name].get("format") == "ip":
            field["allOf"] = [_IP]
        if name == kind.partition_key and field.get("type") == "string":
            field["minLength"] = 1
    event = _envelope(
        kind.name,
        data,
        id={**_NAME, "description": "with source, the identity of the event"},
        source={**_NAME, "description": "who produced the event"},
        time="when it happened, with its zone",
    )
    return {"title": f"{kind.name} event", **event}, nested


def own_parts(template: str) -> Schema:
    """The schemas of all that is no event, and of the structs in them, by name."""
    _, structs = msgspec.json.schema_components(_OWN, ref_template=template)
    for struct in structs.values():
        if "description" in struct:
            struct["description"] = inspect.cleandoc(struct["description"])
    # A pair, in words that every dialect of JSON Schema understands alike.
    file = structs["BundleText"]["properties"]["policy"]
    file["items"] = file.pop("prefixItems")[0]
    label, verdict, letter, *states = (structs.pop(struct.__name__) for struct in _OWN)
    for name, words in _VERDICT_FIELDS.items():
        # Beside a reference nothing else may stand.
        field = verdict["properties"][name]
        verdict["properties"][name] = {"description": words, **({"allOf": [field]} if "$ref" in field else field)}
    verdict["properties"]["action"]["enum"] = list(ACTIONS)
    letter["properties"]["reason"]["enum"] = list(InvalidEvent.REASONS)
    weir = {"const": "weir"}
    return {
        "label": {
            "title": "label",
            **_envelope(
                "label",
                label,
                id={**_NAME, "description": "with source, the identity of the label"},
                source={**_NAME, "description": "the system that gave the label"},
                time="when the label was given, with its zone",
            ),
        },
        "verdict": {
            "title": "verdict",
            **_envelope(
                "verdict",
                verdict,
                id={**_HASH, "description": _VERDICT_ID},
                source=weir,
                time="the event's time, UTC with milliseconds",
            ),
        },
        "dead-letter": {
            "title": "dead letter",
            **_envelope(
                "dead-letter",
                letter,
                id={**_HASH, "description": "a hash of topic id, partition and offset: the same record, the same id"},
                source=weir,
                time="when Kafka appended the refused record, UTC with milliseconds",
            ),
        },
        **dict(zip(_STATES, states, strict=True)),
        **structs,
    }


def _envelope(record_type: str, data: Schema, *, id: Schema, source: Schema, time: str) -> Schema:
    """CloudEvents 1.0, structured JSON. ``id`` and ``source`` are schemas, ``time`` is words."""
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": id,
            "source": source,
            "type": {"const": record_type},
            "time": {"type": "string", "format": "date-time", "description": time},
            "data": data,
        },
    }
