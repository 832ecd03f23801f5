"""The AsyncAPI 3.0 document: every topic with its records, from Weir's point of view, made from the declarations."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from features.kind import Kind
from streams.messages import BINDING, SCHEMA, Part, event_message, own_messages
from streams.payloads import event_parts, own_parts
from streams.settings import Settings
from streams.standing.told import STANDING
from streams.topics import CONTROL, DEAD_LETTERS, ENFORCEMENTS, LABELS, VERDICTS, TopicPlan, plan_topics

_CHANNELS = {
    LABELS: "What was later found to be true about events. One partition, so that labels have one order.",
    VERDICTS: "The decisions. The first verdict of an id counts; consumers drop repetitions by id.",
    DEAD_LETTERS: "Why a record was refused, and where it stands; its content stays in the topic that it came in.",
    CONTROL: "What is in force: the newest value of each key. Read it from its start, committed transactions only.",
    ENFORCEMENTS: "What is enforced at present, by target. Read it from its start, committed transactions only. "
    "Keys that begin with a dot are the enforcer's own.",
}

# Of operations that carry not all that their channel holds.
_CARRIES = {
    "announce": ["checkpoint"],
    "forget": ["forgotten"],
    "ship": ["bundle", "current"],
    "set": [name for name in STANDING if name != "tripped"],
    "trip": ["tripped"],
    "revert": ["revert"],
}


def asyncapi(settings: Settings, kinds: Mapping[str, Kind]) -> Part:
    """The document for these settings and kinds; the same input gives the same document, in the same order."""
    servers = {
        name: {"host": host, "protocol": "kafka", "description": "a bootstrap server, as set by WEIR_KAFKA"}
        for name, host in _servers(settings)
    }
    ordered = [kinds[name] for name in sorted(kinds)]
    messages = {**{f"event.{kind.name}": event_message(kind) for kind in ordered}, **own_messages()}
    carried = {
        **{kind.name: [f"event.{kind.name}"] for kind in ordered},
        LABELS: ["label"],
        VERDICTS: ["verdict"],
        DEAD_LETTERS: ["dead-letter"],
        CONTROL: [
            *("checkpoint", "champion", "champions", "drift"),
            *("forgotten", "bundle", "current", "revert"),
            *STANDING,
        ],
        ENFORCEMENTS: ["enforcement", "position", "corrected"],
    }
    plans = {plan.name: plan for plan in plan_topics(settings, kinds)}
    channels = {
        name: _channel(plans[settings.topic(name)], _words(kinds, name), carried[name], servers) for name in carried
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weir",
            "version": version("weir"),
            "description": "Decides about events: reads them and labels from Kafka, and gives verdicts with reasons.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": servers,
        "channels": channels,
        "operations": _operations(settings, [kind.name for kind in ordered], carried),
        "components": {"messages": messages, "schemas": _schemas(ordered)},
    }


def _servers(settings: Settings) -> list[tuple[str, str]]:
    hosts = [host.strip() for host in settings.kafka.split(",") if host.strip()]
    return [(f"kafka-{number}", host) for number, host in enumerate(hosts, start=1)]


def _words(kinds: Mapping[str, Kind], channel: str) -> str:
    """What a channel is for; of a kind, the first line of its fields' or of its file's text."""
    if channel in _CHANNELS:
        return _CHANNELS[channel]
    fields = kinds[channel].fields
    own = fields.__doc__ or getattr(sys.modules.get(fields.__module__), "__doc__", None) or f"{channel}: events."
    return inspect.cleandoc(own).splitlines()[0]


def _channel(plan: TopicPlan, words: str, messages: Iterable[str], servers: Iterable[str]) -> Part:
    config: Part = dict(sorted(plan.config.items()))
    config |= {name: int(value) for name, value in plan.config.items() if value.isdigit()}
    config["cleanup.policy"] = plan.config["cleanup.policy"].split(",")
    return {
        "address": plan.name,
        "description": words,
        "servers": [{"$ref": f"#/servers/{name}"} for name in servers],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "kafka": {
                "topic": plan.name,
                "partitions": plan.partitions,
                "replicas": plan.replication,
                "topicConfiguration": config,
                "bindingVersion": BINDING,
            }
        },
    }


def _schemas(kinds: Iterable[Kind]) -> Part:
    schemas: Part = {}
    for kind in kinds:
        event, nested = event_parts(kind, SCHEMA.format(name="event.{name}"))
        schemas |= {f"event.{kind.name}": event, **{f"event.{name}": struct for name, struct in nested.items()}}
    return schemas | own_parts(SCHEMA)


def _operations(settings: Settings, kinds: Iterable[str], carried: Mapping[str, Iterable[str]]) -> Part:
    """What Weir's processes do with the channels: ``receive`` is what they read, ``send`` what they write."""
    deciding, indexing = f"{settings.namespace}-decide", f"{settings.namespace}-indexer"
    steps = [
        *((f"decide.{kind}", "receive", kind, f"weir worker decides {kind} events.", deciding) for kind in kinds),
        ("publish", "send", VERDICTS, "weir worker publishes a verdict, then acknowledges its event.", None),
        ("index", "receive", VERDICTS, "weir indexer writes verdicts into Elasticsearch.", indexing),
        ("enforce", "receive", VERDICTS, "weir enforcer folds verdicts into what is enforced.", None),
        ("remember", "receive", VERDICTS, "weir learner keeps decisions until their labels come.", None),
        ("learn", "receive", LABELS, "weir learner teaches the models, each label once.", None),
        ("refuse", "send", DEAD_LETTERS, "weir worker, learner and indexer report what they refuse.", None),
        ("hold", "send", ENFORCEMENTS, "weir enforcer writes what is enforced, in a transaction.", None),
        ("announce", "send", CONTROL, "weir learner announces a checkpoint, in a transaction.", None),
        ("forget", "send", CONTROL, "weir features forget names an actor, by hash.", None),
        ("ship", "send", CONTROL, "weir rules publish and rollback put bundles in force, in a transaction.", None),
        ("set", "send", CONTROL, "weir lists, entity, freeze, budgets and rules snooze set what people want.", None),
        ("trip", "send", CONTROL, "weir worker tells that a budget is used up.", None),
        ("revert", "send", CONTROL, "weir rules revert declares what it takes back.", None),
        ("correct", "send", VERDICTS, "weir rules revert corrects the decisions that a rule made.", None),
        ("swap", "receive", CONTROL, "weir worker and learner take what is in force.", None),
    ]
    operations = {}
    for name, action, channel, words, group in steps:
        carries = _CARRIES.get(name, carried[channel])
        operation: Part = {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "description": words,
            "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"} for message in carries],
        }
        if group is not None:
            group_id = {"type": "string", "enum": [group]}
            operation["bindings"] = {"kafka": {"groupId": group_id, "bindingVersion": BINDING}}
        operations[name] = operation
    return operations
