"""Quiet partitions: given to this worker, and without a record yet. What lies before is owed to the store too.

An actor is told of by several partitions and kinds: a store that was emptied meanwhile must not wait for a record of
each of them before it holds what it lacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.agents.decide import Decider
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.wire import RecordRef

_TIMEOUT_S = 5.0


class QuietPartitions:
    """``group``: the consumer group whose committed offsets say up to where partitions are decided.

    ``topic_ids``: Kafka's ids by topic name; ``deciders``: by topic name.
    """

    def __init__(
        self, settings: Settings, group: str, topic_ids: Mapping[str, str], deciders: Mapping[str, Decider]
    ) -> None:
        self._consumer = Consumer(consumer_config(settings, group))
        self._topic_ids = topic_ids
        self._deciders = deciders

    async def catch_up(self, assigned: Sequence[tuple[str, int]]) -> None:
        """Fill the store with what precedes the next record of each (topic, partition) that no record has told of."""
        quiet = [
            TopicPartition(topic, number)
            for topic, number in assigned
            if topic in self._deciders and not self._deciders[topic].knows(f"{self._topic_ids[topic]}:{number}")
        ]
        if not quiet:
            return
        try:
            positions = await asyncio.to_thread(self._consumer.committed, quiet, _TIMEOUT_S)
        except KafkaException:
            # Kafka is away: the next time will tell.
            return
        for position in positions:
            # Nothing committed: whatever there is comes as records.
            if position.error is None and position.offset > 0:
                topic_id = self._topic_ids[position.topic]
                before = RecordRef(position.topic, topic_id, position.partition, position.offset, 0)
                await self._deciders[position.topic].catch_up(before)

    def close(self) -> None:
        self._consumer.close()
