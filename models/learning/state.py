"""What a model's learner knows besides the weights; it is stored with them, so both are always of one moment."""

from __future__ import annotations

import msgspec

from models.learning.balance import Balance
from models.learning.labellers import Labellers
from models.learning.labels import GivenLabel


class State(msgspec.Struct):
    """Everything but the weights.

    ``positions``: by log partition, the next offset to take. ``sources``: by verdict partition and source
    partition, the greatest source offset trained. ``waiting``: labels by decision id, until its verdict comes.
    ``taught``: by decision id, the label that the model holds for true. ``remembered``: by verdict partition,
    where to begin reading so that all remembered decisions are met again.
    """

    positions: dict[str, int] = {}
    sources: dict[str, int] = {}
    waiting: dict[str, list[GivenLabel]] = {}
    taught: dict[str, GivenLabel] = {}
    remembered: dict[str, int] = {}
    newest_label_ms: int = 0
    labellers: Labellers = msgspec.field(default_factory=Labellers)
    balance: Balance = msgspec.field(default_factory=Balance)


def encode_state(state: State) -> bytes:
    return msgspec.msgpack.encode(state)


def decode_state(blob: bytes) -> State:
    return msgspec.msgpack.decode(blob, type=State)
