"""A log of verdicts without Kafka: decided, reverted, and folded as the enforcer does it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from support.deciding import Worker
from support.events import CATALOGUES, T0

from features.store.memory import MemoryStore
from models.bundle import Bundle
from models.errors import RuleError
from models.verdict import Verdict, decode, encode
from streams.enforcement.fold import State
from streams.enforcement.verdict import decode_decided, read_source
from streams.revert.candidate import Judging
from streams.revert.plan import Plan, Planner
from streams.revert.record import Revert
from streams.revert.scan import Scan, TimesOf
from streams.wire import RecordRef, origin_headers

LOGIN = CATALOGUES["login"]
ALWAYS = Revert(rule="bad", kind="login", from_ms=0, to_ms=T0 + 10**12)


@dataclass
class Message:
    """A record of the verdicts topic."""

    record: bytes
    at: int
    source_offset: int | None = None

    def value(self) -> bytes:
        return self.record

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def headers(self) -> Any:
        if self.source_offset is None:
            return None
        return origin_headers(RecordRef("login", "topic-id", 0, self.source_offset, T0))


@dataclass
class Log:
    """Decisions as they were made by ``bundle``, and the corrections published since."""

    bundle: Bundle
    messages: list[Message] = field(default_factory=list)

    def decide(self, *events: dict[str, Any], batch: int = 1) -> Log:
        """Each event: its fields, and ``time_ms`` and ``name`` if they matter."""

        async def run() -> list[bytes]:
            worker = Worker(MemoryStore(), self.bundle)
            for start in range(0, len(events), batch):
                some = list(enumerate(events))[start : start + batch]
                await worker.decide(
                    *(
                        worker.login(one.get("name", f"e{i}"), one.get("time_ms", T0 + i), **fields(one))
                        for i, one in some
                    )
                )
            return worker.records

        self.messages += [Message(record, at, at) for at, record in enumerate(asyncio.run(run()))]
        return self

    @property
    def verdicts(self) -> list[Verdict]:
        return [decode(message.record) for message in self.messages]

    def find(self, kind: str, bundle_hash: str) -> Bundle:
        if bundle_hash != self.bundle.hash:
            raise RuleError("gone")
        return self.bundle

    def scan(self, revert: Revert = ALWAYS, others: Sequence[Revert] = ()) -> tuple[Scan, Judging]:
        judging = Judging(LOGIN, [revert, *others])
        scan = Scan(revert, others, judging, self.find)
        for message in self.messages:
            scan.take(message)  # type: ignore[arg-type]
        return scan, judging

    def plan(self, revert: Revert = ALWAYS, others: Sequence[Revert] = ()) -> tuple[Plan, Judging]:
        scan, judging = self.scan(revert, others)
        planner = Planner(scan.candidates, {})
        lookup = TimesOf(planner.unknown)
        for message in self.messages:
            lookup.take(message)  # type: ignore[arg-type]
        planner = Planner(scan.candidates, lookup.times)
        assert not planner.unknown
        return planner.plan(revert, scan.newest, scan.published), judging

    def undo(self, revert: Revert = ALWAYS, others: Sequence[Revert] = (), most: int = 10**6) -> list[Verdict]:
        """Publish at most so many corrections; these."""
        plan, judging = self.plan(revert, others)
        made = []
        for one in plan.corrections[:most]:
            verdict = decode(self.messages[one.candidate.place.offset].record)
            made.append(judging.correction(verdict, self.bundle, one.standing, revert))
        self.messages += [Message(encode(one), len(self.messages) + n) for n, one in enumerate(made)]
        return made

    def enforced(self) -> dict[str, set[tuple[str, str]]]:
        """By target, what the enforcer makes of all that: decisions that hinder it, and how."""
        state = State()
        for message in self.messages:
            state.take(decode_decided(message.record), read_source("0", message.headers()), T0)
        return {target: {(one.decision, one.action) for one in held} for target, held in state.targets.items()}

    def actions(self) -> dict[str, str]:
        """By event, the action that holds in the end."""
        return {one.data.event.id: one.data.action for one in self.verdicts}


def fields(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("name", "time_ms")}
