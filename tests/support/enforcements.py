"""A topic of enforcements of a test's own, written to as the enforcer does."""

from __future__ import annotations

import uuid
from typing import Any

from confluent_kafka import Producer

from streams.enforcement.record import Enforced, encode_enforcement, in_order
from streams.kafka import admin_client
from streams.settings import Settings
from streams.topics import ENFORCEMENTS, apply_topics, plan_topics


class EnforcementTopic:
    """Three partitions; every ``write`` is one transaction."""

    def __init__(self, kafka: str) -> None:
        self.settings = Settings(kafka=kafka, partitions=3, topic_prefix=f"t{uuid.uuid4().hex[:8]}-")
        self.name = self.settings.topic(ENFORCEMENTS)
        plans = [plan for plan in plan_topics(self.settings, []) if plan.name == self.name]
        apply_topics(admin_client(self.settings), plans)

    def write(self, *records: tuple[str, bytes | None], commit: bool = True) -> None:
        config = {"bootstrap.servers": self.settings.kafka, "transactional.id": self.name}
        producer = Producer(config)
        producer.init_transactions(30)
        producer.begin_transaction()
        for key, value in records:
            producer.produce(self.name, value, key)
        producer.flush()
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)


def one(decision: str, action: Any = "block", expires_ms: int | None = None, kind: str = "login") -> Enforced:
    return Enforced(decision, kind, action, expires_ms)


def record(key: str, *decisions: Enforced) -> tuple[str, bytes]:
    return key, encode_enforcement(in_order(decisions))
