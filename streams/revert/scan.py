"""Reading the log of verdicts for the decisions that a revert may concern, and for corrections that there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from confluent_kafka import Message

from features.event import to_milliseconds, to_rfc3339
from models.actions import RANK
from models.bundle import Bundle
from models.errors import RuleError
from models.verdict import decode, event_time
from streams.enforcement.verdict import read_source
from streams.revert.candidate import Candidate, Judging, Place
from streams.revert.record import Revert

FindBundle = Callable[[str, str], Bundle]
_ID, _TIME = b'"id":"', b'"time":"'
_TIME_LENGTH = 24
_ID_LENGTH = 32


class _Data(msgspec.Struct):
    action: str
    corrects: str | None = None


class _Correction(msgspec.Struct):
    id: str
    data: _Data


class Scan:
    """Takes the records of one kind; of decisions that no revert can concern nothing is held.

    As for the enforcer, the first verdict of an id counts: one whose event stands no later in its partition than
    that of a verdict before is a repetition.

    ``candidates``: by id. ``newest``: by decision id, the action of its newest correction. ``published``: the ids of
    all corrections. ``seen``: decisions in the revert's span of time; ``fired``: those in which its rule fired.
    ``unjudged``: decisions that cannot be judged again, by reason.
    """

    def __init__(self, revert: Revert, others: Sequence[Revert], judging: Judging, bundles: FindBundle) -> None:
        self.candidates: dict[str, Candidate] = {}
        self.newest: dict[str, str] = {}
        self.published: set[str] = set()
        self.seen = 0
        self.fired = 0
        self.unjudged: Counter[str] = Counter()
        self._judging = judging
        self._bundles = bundles
        self._revert = revert
        self._mine = b'"kind":' + msgspec.json.encode(revert.kind)
        rules = {one.rule for one in (revert, *others)}
        self._telling = [b'"rule":' + msgspec.json.encode(rule) for rule in sorted(rules)] + [b'"escalation":{']
        self._from, self._to = to_rfc3339(revert.from_ms).encode(), to_rfc3339(revert.to_ms).encode()
        self._sources: dict[str, int] = {}

    def take(self, message: Message) -> None:
        """One record of the log, in the order of its partition."""
        record = message.value() or b""
        if self._mine not in record:
            return
        if b'"corrects":"' in record and self._take_correction(record):
            return
        if not self._is_first(message):
            return
        at = record.find(_TIME) + len(_TIME)
        self.seen += self._from <= record[at : at + _TIME_LENGTH] < self._to
        if any(one in record for one in self._telling):
            self._take_decision(record, Place(message.partition() or 0, message.offset() or 0))

    def _take_correction(self, record: bytes) -> bool:
        try:
            correction = _corrections.decode(record)
        except (msgspec.MsgspecError, UnicodeError):
            return True
        corrected = correction.data.corrects
        if corrected is None:
            return False
        if correction.id not in self.published:
            self.published.add(correction.id)
            self.newest[corrected] = correction.data.action
        return True

    def _is_first(self, message: Message) -> bool:
        origin = read_source(str(message.partition()), message.headers())
        if origin is None:
            return True
        if origin.offset <= self._sources.get(origin.source, -1):
            return False
        self._sources[origin.source] = origin.offset
        return True

    def _take_decision(self, record: bytes, place: Place) -> None:
        try:
            verdict = decode(record)
        except (msgspec.MsgspecError, UnicodeError):
            return
        data = verdict.data
        if data.event.kind != self._revert.kind:
            return
        known = self.candidates.get(verdict.id)
        if known is not None and RANK[data.action] <= RANK[known.action]:
            return
        try:
            bundle = self._bundles(data.event.kind, data.bundle)
        except RuleError as error:
            self.unjudged[str(error)] += 1
            return
        candidate = self._judging.candidate(verdict, bundle, place)
        if candidate.reverts or candidate.named:
            # An id that was decided twice, beyond dedupe_s: what may be enforced is the stronger.
            self.candidates[verdict.id] = candidate
        self.fired += self._revert.id in candidate.reverts and known is None


class TimesOf:
    """Looks up the event times of decisions, in milliseconds since 1970, while records pass by."""

    def __init__(self, ids: set[str]) -> None:
        self._ids = ids
        self.times: dict[str, int] = {}

    def take(self, message: Message) -> None:
        record = message.value() or b""
        at = record.find(_ID) + len(_ID)
        name = record[at : at + _ID_LENGTH].decode("ascii", "replace")
        if name in self._ids and name not in self.times:
            try:
                verdict = decode(record)
            except (msgspec.MsgspecError, UnicodeError):
                return
            self.times[name] = to_milliseconds(event_time(verdict))


_corrections = msgspec.json.Decoder(_Correction)
