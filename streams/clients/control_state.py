"""The control topic read once, by a command: what is in force now."""

from __future__ import annotations

from streams.control import ControlReader
from streams.settings import Settings


def read_control(settings: Settings) -> dict[str, bytes]:
    """The newest value of every key that has one, of committed transactions; Kafka and the topic must be there."""
    found: dict[str, bytes] = {}

    def take(key: str, value: bytes | None) -> None:
        if value is not None:
            found[key] = value

    reader = ControlReader(settings, take)
    try:
        reader.read_to_end()
    finally:
        reader.stop()
    return found
