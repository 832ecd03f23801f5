"""The index template of verdict documents: strict at the root, typed by value under features, facts and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from elasticsearch import Elasticsearch

from features.kind import Kind
from streams.settings import Settings
from streams.sinks.ecs import BOOLEAN, DATE, DOUBLE, KEYWORD, LONG, add_ecs_fields

_log = structlog.get_logger(__name__)

_PRIORITY = 500
_MOST_FIELDS = 2000

# New names under these are mapped when they first appear. Without sub-objects `ip.signups_1h` stays one name, so
# `ip` and `ip.signups_1h` can stand side by side and an object where a number was is no conflict.
_OPEN = {"type": "object", "dynamic": True, "subobjects": False}
_FACTS = ("freeze", "protect", "snoozed", "tripped")
_OPAQUE = {"type": "object", "enabled": False}


def pattern(settings: Settings) -> str:
    return f"{settings.namespace}-verdicts-*"


def mappings(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The mapping of a verdict document; raises KindError if the kinds' ECS names clash."""
    properties: dict[str, Any] = {
        # The only value that must fit: without its time a document is not found where it is looked for.
        "@timestamp": {"type": "date"},
        "event": _object(id=KEYWORD, provider=KEYWORD, kind=KEYWORD, dataset=KEYWORD, created={"type": "date"}),
        "rule": _object(id=KEYWORD),
        "shadow_rules": KEYWORD,
        "kafka": _object(topic=KEYWORD, partition=LONG, offset=LONG),
        **dict.fromkeys(("kind", "action", "target", "decision_id", "corrects", "digest"), KEYWORD),
        **dict.fromkeys(("bundle", "schema", "reference", "degraded"), KEYWORD),
        "score": DOUBLE,
        "scores": _object(model=KEYWORD, version=KEYWORD, score=DOUBLE, role=KEYWORD, warming=BOOLEAN),
        # What a rule observed differs in type from rule to rule; the same values are filterable elsewhere.
        "reasons": _object(rule=KEYWORD, text=KEYWORD, action=KEYWORD, mode=KEYWORD, observed=_OPAQUE, limit=_OPAQUE),
        "policy": KEYWORD,
        "history_s": DOUBLE,
        "expires_at": DATE,
        **dict.fromkeys(("entities", "features", "fields"), _OPEN),
        # Under `lists`, `labels` and `escalation` names are people's own.
        "facts": {**_OPEN, "properties": dict.fromkeys(_FACTS, KEYWORD)},
    }
    add_ecs_fields(properties, kinds.values())
    return {
        "dynamic": "strict",
        "date_detection": False,
        "numeric_detection": False,
        "dynamic_templates": [
            # An integer seen first must not make whole numbers of all that follow.
            {"integers": {"match_mapping_type": "long", "mapping": DOUBLE}},
            {"numbers": {"match_mapping_type": "double", "mapping": DOUBLE}},
            {"booleans": {"match_mapping_type": "boolean", "mapping": BOOLEAN}},
            {"texts": {"match_mapping_type": "string", "mapping": KEYWORD}},
        ],
        "properties": properties,
    }


def index_template(settings: Settings, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The body of the composable template."""
    return {
        "index_patterns": [pattern(settings)],
        "priority": _PRIORITY,
        "template": {
            "settings": {
                "index.number_of_shards": settings.index_shards,
                "index.number_of_replicas": settings.index_replicas,
                "index.codec": "best_compression",
                "index.mapping.total_fields.limit": _MOST_FIELDS,
                # Names past the limit stay in the document without being searchable; the document is not refused.
                "index.mapping.total_fields.ignore_dynamic_beyond_limit": True,
            },
            "mappings": mappings(kinds),
        },
    }


def install(client: Elasticsearch, settings: Settings, kinds: Mapping[str, Kind]) -> None:
    """Put the template, and what existing indices lack of it into their mapping; doing so twice is harmless."""
    body = index_template(settings, kinds)
    client.indices.put_index_template(name=f"{settings.namespace}-verdicts", **body)
    wanted = body["template"]["mappings"]["properties"]
    for index, present in client.indices.get_mapping(index=pattern(settings), allow_no_indices=True).items():
        missing, differing = compare(present["mappings"].get("properties", {}), wanted)
        if missing:
            client.indices.put_mapping(index=index, properties=missing, ignore_unavailable=True)
        if differing:
            _log.warning("index_mapped_differently", index=index, fields=differing, until="the next day's index")


def compare(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What ``present`` lacks of ``wanted``, as a mapping to add, and the names that it maps to another type."""
    missing: dict[str, Any] = {}
    differing: list[str] = []
    for name, node in wanted.items():
        if name not in present:
            missing[name] = node
        elif present[name].get("type", "object") != node.get("type", "object"):
            differing.append(name)
        elif "properties" in node:
            below, unlike = compare(present[name].get("properties", {}), node["properties"])
            differing += [f"{name}.{other}" for other in unlike]
            if below:
                missing[name] = {"properties": below}
    return missing, differing


def _object(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}
