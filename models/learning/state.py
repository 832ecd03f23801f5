"""What a model's learner knows besides the weights; it is stored with them, so both are always of one moment."""

from __future__ import annotations

import msgspec

from models.learning.balance import Balance
from models.learning.labellers import Labellers
from models.learning.labels import STRENGTH, WITHDRAWN, GivenLabel, LabelResult

MOST_WAITING = 100_000
WAITING_MS = 7 * 86_400_000
TAUGHT_MS = 30 * 86_400_000


class State(msgspec.Struct):
    """Everything but the weights.

    ``positions``: by log partition, the next offset to take. ``sources``: by verdict partition and source
    partition, the greatest source offset trained. ``waiting``: labels by decision id, until its verdict comes.
    ``taught``: by decision id, the label that the model holds for true; of those in ``withdrawn`` nothing is held for
    true any more, though it was learned. ``remembered``: by verdict partition, where to begin reading so that all
    remembered decisions are met again. ``champion``: of the newest decision. ``stacked``: by model whose scores it
    reads, the version of the newest decision. ``begun_ms``: of one that was started anew, the time of the newest
    label then. ``performance``, and ``watch``, where this model's learner keeps its kind's watch over drift: encoded.
    """

    positions: dict[str, int] = {}
    sources: dict[str, int] = {}
    waiting: dict[str, list[GivenLabel]] = {}
    taught: dict[str, GivenLabel] = {}
    withdrawn: set[str] = set()
    remembered: dict[str, int] = {}
    newest_label_ms: int = 0
    labellers: Labellers = msgspec.field(default_factory=Labellers)
    balance: Balance = msgspec.field(default_factory=Balance)
    champion: str = ""
    stacked: dict[str, str] = {}
    begun_ms: int | None = None
    performance: bytes = b""
    watch: bytes = b""

    def wait(self, decision_id: str, given: GivenLabel) -> LabelResult:
        """Hold a label until its decision is known."""
        if given.label == WITHDRAWN:
            return self._withdraw_waiting(decision_id, given)
        if len(self.waiting) >= MOST_WAITING and decision_id not in self.waiting:
            self.forget_old()
            if len(self.waiting) >= MOST_WAITING:
                return LabelResult.DROPPED
        held = self.waiting.get(decision_id, [])
        if any((one.label, one.by) == (given.label, given.by) for one in held):
            return LabelResult.REPEATED
        if not self.labellers.take(given):
            return LabelResult.CAPPED
        self.waiting[decision_id] = [*held, _nameless(given)]
        return LabelResult.WAITING

    def end_waiting(self, decision_id: str) -> tuple[list[GivenLabel], bool]:
        """The labels that waited for a decision, and whether that was not for too long."""
        waited = self.waiting.pop(decision_id, [])
        return waited, not waited or not self._is_older(waited[-1], WAITING_MS)

    def _withdraw_waiting(self, decision_id: str, given: GivenLabel) -> LabelResult:
        """A label that is withdrawn before its decision is known teaches nothing; a stronger one goes on waiting."""
        held = self.waiting.pop(decision_id, [])
        stronger = [one for one in held if STRENGTH[one.by] > STRENGTH[given.by]]
        if stronger:
            self.waiting[decision_id] = stronger
        return LabelResult.WITHDRAWN

    def held(self, decision_id: str) -> GivenLabel | None:
        """The label that was learned for a decision, unless that was long ago: whether the last checkpoint has
        forgotten it or the next one will makes no difference."""
        held = self.taught.get(decision_id)
        return None if held is None or self._is_older(held, TAUGHT_MS) else held

    def accept(self, decision_id: str, given: GivenLabel, *, counted: bool) -> LabelResult:
        """Whether a label of a known decision is to be learned, and if so hold it for true.

        ``counted``: it was taken off its labeller's share already, when it began to wait.
        """
        held = self.held(decision_id)
        if given.label == WITHDRAWN:
            if held is not None and STRENGTH[given.by] >= STRENGTH[held.by]:
                self.withdrawn.add(decision_id)
            return LabelResult.WITHDRAWN
        if held is not None and held.label == given.label:
            self.withdrawn.discard(decision_id)
            if STRENGTH[given.by] > STRENGTH[held.by]:
                # Nothing new to learn, but from now on only a label as strong can be contradicted by a stronger one.
                self.taught[decision_id] = _nameless(given)
            return LabelResult.REPEATED
        withdrawn = decision_id in self.withdrawn
        if held is not None and not withdrawn and STRENGTH[given.by] <= STRENGTH[held.by]:
            return LabelResult.OUTRANKED
        if not counted and not self.labellers.take(given):
            return LabelResult.CAPPED
        self.withdrawn.discard(decision_id)
        self.taught[decision_id] = _nameless(given)
        return LabelResult.LEARNED

    def truth(self, decision_id: str) -> bool | None:
        """Whether a decision is held to be abuse; None: nothing is held for true."""
        held = self.held(decision_id)
        return None if held is None or decision_id in self.withdrawn else held.label == "abuse"

    def forget_old(self) -> int:
        """Drop waiting labels after 7 days and taught ones after 30, in label time; how many of the former."""
        before = len(self.waiting)
        self.taught = {name: given for name, given in self.taught.items() if not self._is_older(given, TAUGHT_MS)}
        self.withdrawn = {name for name in self.withdrawn if name in self.taught}
        self.waiting = {
            name: given for name, given in self.waiting.items() if not self._is_older(given[-1], WAITING_MS)
        }
        return before - len(self.waiting)

    def _is_older(self, given: GivenLabel, age_ms: int) -> bool:
        return self.newest_label_ms - given.time_ms > age_ms


def encode_state(state: State) -> bytes:
    return msgspec.msgpack.encode(state)


def decode_state(blob: bytes) -> State:
    return msgspec.msgpack.decode(blob, type=State)


def _nameless(given: GivenLabel) -> GivenLabel:
    return GivenLabel(given.label, given.by, given.time_ms)
