"""The topics: which there are, how each is configured, and the difference from what Kafka has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from streams.settings import Settings

LABELS = "labels"
VERDICTS = "verdicts"
DEAD_LETTERS = "dead-letters"
CONTROL = "control"
ENFORCEMENTS = "enforcements"
OWN = (LABELS, VERDICTS, DEAD_LETTERS, CONTROL, ENFORCEMENTS)

_TIMEOUT_S = 30
# Room for a bundle with long lists, see streams/bundles/wire.py.
_CONTROL_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class TopicPlan:
    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def plan_topics(settings: Settings, kinds: Iterable[str]) -> list[TopicPlan]:
    """All topics that Weir needs for these kinds."""
    retention = {"retention.ms": str(settings.retention_hours * 3_600_000), "cleanup.policy": "delete"}
    appended = {"message.timestamp.type": "LogAppendTime"}
    enforced = {
        "cleanup.policy": "compact",
        **appended,
        # What is being written is not compacted, and whoever starts has to read it: 1 GiB would be too much.
        "segment.bytes": str(64 * 2**20),
        # A client that was cut off for less meets every tombstone, so that it goes on where it was.
        "delete.retention.ms": retention["retention.ms"],
    }

    def plan(name: str, partitions: int, config: Mapping[str, str]) -> TopicPlan:
        return TopicPlan(settings.topic(name), partitions, settings.replication, config)

    return [
        *(plan(kind, settings.partitions, {**retention, **appended}) for kind in sorted(kinds)),
        plan(LABELS, 1, {**retention, **appended}),
        plan(VERDICTS, settings.partitions, {**retention, **appended, "max.message.bytes": _verdict_bytes(settings)}),
        plan(DEAD_LETTERS, 1, {**retention, **appended}),
        plan(CONTROL, 1, {"cleanup.policy": "compact", **appended, "max.message.bytes": str(_CONTROL_BYTES)}),
        plan(ENFORCEMENTS, settings.partitions, enforced),
    ]


def _verdict_bytes(settings: Settings) -> str:
    """A verdict repeats its event's fields, some of them also as entities and in reasons."""
    return str(2**20 + 8 * settings.max_record_bytes)


@dataclass(frozen=True, slots=True)
class TopicReport:
    """``created``, or the differences, each as '<setting>: is …, planned …'; none of them is changed."""

    name: str
    created: bool
    differences: tuple[str, ...]


def apply_topics(admin: AdminClient, plans: Iterable[TopicPlan], *, create: bool = True) -> list[TopicReport]:
    """Create what is missing (if ``create``) and compare the rest; raises KafkaException."""
    wanted = {plan.name: plan for plan in plans}
    present = set(admin.list_topics(timeout=_TIMEOUT_S).topics)
    created = set()
    if create:
        missing = [
            NewTopic(p.name, num_partitions=p.partitions, replication_factor=p.replication, config=dict(p.config))
            for p in wanted.values()
            if p.name not in present
        ]
        created = _create(admin, missing) if missing else set()
    reports = []
    for name in wanted:
        if name in created:
            reports.append(TopicReport(name, True, ()))
        elif name not in present:
            differences = () if create else ("missing",)
            reports.append(TopicReport(name, False, differences))
    standing = [name for name in wanted if name in present and name not in created]
    if standing:
        reports += _compare(admin, [wanted[name] for name in standing])
    return sorted(reports, key=lambda report: report.name)


def _create(admin: AdminClient, topics: list[NewTopic]) -> set[str]:
    created = set()
    for name, future in admin.create_topics(topics, operation_timeout=_TIMEOUT_S).items():
        try:
            future.result(timeout=_TIMEOUT_S)
            created.add(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return created


def _compare(admin: AdminClient, plans: list[TopicPlan]) -> list[TopicReport]:
    described = admin.list_topics(timeout=_TIMEOUT_S).topics
    resources = [ConfigResource(ResourceType.TOPIC, plan.name) for plan in plans]
    configs = {r.name: future.result(timeout=_TIMEOUT_S) for r, future in admin.describe_configs(resources).items()}
    reports = []
    for plan in plans:
        partitions = described[plan.name].partitions
        differences = []
        if len(partitions) != plan.partitions:
            differences.append(f"partitions: is {len(partitions)}, planned {plan.partitions}")
        replication = len(next(iter(partitions.values())).replicas)
        if replication != plan.replication:
            differences.append(f"replication: is {replication}, planned {plan.replication}")
        for key, value in plan.config.items():
            entry = configs[plan.name].get(key)
            if entry is None or entry.value != value:
                differences.append(f"{key}: is {entry.value if entry else 'unset'}, planned {value}")
        reports.append(TopicReport(plan.name, False, tuple(differences)))
    return reports
