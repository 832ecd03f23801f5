"""What a producer says about the records it was given: sent, refused, or undeliverable."""

from __future__ import annotations

from dataclasses import dataclass

from features.errors import WeirError


class Refused(WeirError):
    """A record that was not sent or not taken: mend it at its origin, sending it again does not help.

    ``number`` counts the calls of send and send_label from 1; ``reason`` is one of ``InvalidEvent.REASONS``, or
    ``kafka`` where the broker refused; ``detail`` says where, without any value from the record.
    """

    def __init__(self, number: int, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.number = number
        self.reason = reason
        self.detail = detail


class DeliveryError(WeirError):
    """The producer can't go on (no permission, fenced, or out of time); what was not delivered may be sent again."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all records so far. ``sent``: delivered to all replicas in sync.

    ``refused`` counts by reason; ``refusals`` are the first hundred of them. ``unknown_fields``: how many fields
    the kinds do not know; they were sent, and nobody reads them.
    """

    sent: int
    refused: dict[str, int]
    refusals: tuple[Refused, ...]
    unknown_fields: int = 0
