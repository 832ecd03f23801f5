"""Deciders without Kafka: micro-batches in, verdicts out, each decider a worker of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from support.events import CATALOGUES, T0, record

from features.reference import load_reference
from features.store.contract import Store
from models.bundle import RULEBOOK, Bundle, compile_bundle, read_text
from models.policy import Policy
from models.verdict import Verdict, decode
from streams.agents.decide import Decider
from streams.agents.judging import InForce
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.standing import Standing
from streams.wire import RecordRef

LOGIN = CATALOGUES["login"]
RULE = """
[[rule]]
id = "{id}"
kind = "login"
when = {when!r}
action = "{action}"
reason = "as told"
owner = "tests"
cases = []
"""
LISTS = {"lists/vpn_exits.toml": 'of = "ip"', "lists/home.toml": 'of = "asn"'}


def bundle_of(policy: Policy, *rules: tuple[str, str, str]) -> Bundle:
    """A login bundle of these rules only: (id, condition, action); ``vpn_exits`` and ``home`` are empty lists."""
    text = read_text("login", [RULEBOOK])
    written = "".join(RULE.format(id=name, when=when, action=action) for name, when, action in rules)
    text = msgspec.structs.replace(text, rules={"rules.toml": written}, lists=LISTS)
    return replace(compile_bundle(text, LOGIN), policy=policy)


class Worker:
    """One decider of logins. ``control`` collects what it tells all workers; ``tell`` is what it is told."""

    def __init__(self, store: Store, bundle: Bundle, partition: int = 0, settings: Settings | None = None) -> None:
        self.standing = Standing()
        self.control: list[tuple[str, bytes]] = []
        self.records: list[bytes] = []
        self.in_force = InForce(bundle, (), load_reference(None))
        self._partition = partition
        self._offset = 0
        self._published: list[Verdict] = []
        self.decider = Decider(
            settings or Settings(), LOGIN, store, self._publish, lambda: self.in_force, standing=self.standing
        )

    async def _publish(self, outgoing: Sequence[Outgoing]) -> None:
        for one in outgoing:
            if one.topic == "control" and one.key is not None:
                self.control.append((one.key.decode(), one.value))
                self.standing.on_control(one.key.decode(), one.value)
            else:
                self.records.append(one.value)
                self._published.append(decode(one.value))

    def login(self, name: str, time_ms: int = T0, **fields: Any) -> Record:
        where = RecordRef("login", "id", self._partition, self._offset, max(T0, time_ms))
        self._offset += 1
        return Record(b"k", record("login", name, time_ms, **fields), where)

    async def decide(self, *records: Record) -> list[Verdict]:
        self._published = []
        await self.decider.decide(list(records))
        return self._published


def actions(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.data.action for verdict in verdicts]
