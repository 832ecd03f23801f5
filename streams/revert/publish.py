"""Publishing corrections: beside the decisions that they correct, with the same key and headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from models.verdict import decode, encode
from streams.clients.verdict_log import VerdictLog
from streams.kafka import producer_config
from streams.revert.candidate import Judging
from streams.revert.plan import Correction
from streams.revert.record import Revert
from streams.revert.scan import FindBundle
from streams.settings import Settings

_DELIVERED_WITHIN_MS = 60_000


class Publisher:
    """``wait`` is called before each record, to hold a rate."""

    def __init__(self, settings: Settings, wait: Callable[[], None]) -> None:
        config = producer_config(settings, f"{settings.namespace}-revert")
        self._producer = Producer(config | {"message.timeout.ms": _DELIVERED_WITHIN_MS})
        self._wait = wait
        self._refused: list[KafkaError] = []

    def publish(
        self,
        log: VerdictLog,
        corrections: Sequence[Correction],
        judging: Judging,
        bundles: FindBundle,
        revert: Revert,
    ) -> None:
        """Return when all of them are delivered; raises KafkaException, and those that are out stay out."""
        planned = {(one.candidate.place.partition, one.candidate.place.offset): one for one in corrections}
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        for partition, offset in planned:
            starts[partition] = min(starts.get(partition, offset), offset)
            ends[partition] = max(ends.get(partition, 0), offset + 1)
        for message in log.read(starts, ends):
            one = planned.get((message.partition() or 0, message.offset() or 0))
            if one is None:
                continue
            verdict = decode(message.value() or b"")
            bundle = bundles(verdict.data.event.kind, verdict.data.bundle)
            self._wait()
            self._send(log.topic, message, encode(judging.correction(verdict, bundle, one.standing, revert)))
        if self._producer.flush(2 * _DELIVERED_WITHIN_MS / 1000) or self._refused:
            raise KafkaException(self._refused[0] if self._refused else KafkaError(KafkaError._MSG_TIMED_OUT))

    def _send(self, topic: str, message: Message, value: bytes) -> None:
        # Behind its decision in the same partition: whoever reads the correction has met that.
        partition = message.partition() or 0
        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    message.key(),
                    partition=partition,
                    headers=message.headers(),
                    on_delivery=self._delivered,
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)
        if self._refused:
            raise KafkaException(self._refused[0])

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._refused.append(error)
