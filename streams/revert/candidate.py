"""A decision that a revert may concern: judged once more without what was reverted, and kept small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from features.catalogue import Catalogue
from features.event import to_milliseconds
from models.bundle import Bundle
from models.escalation import counting
from models.facts import Facts
from models.policy import Escalation
from models.rejudge import Rejudge, Rejudged, with_outcome
from models.verdict import Verdict, event_time
from streams.revert.record import Revert, correction_id


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision's verdict stands in the log."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """``reverts``: ids of those whose rule fired in it. ``action``: as it was decided; ``counted``: towards which
    step that counted. ``target`` and ``partition_key``: their values.

    ``named``: by action, the earlier decisions about the target that it found, oldest first; ``steps``: by action,
    the step that such decisions lead to. ``asks``: what rules and score come to without what was reverted.
    ``actions`` and ``counts``: what it becomes, and whether it counts towards the step of what it asks for, by how
    many of the decisions named for that still stand.
    """

    id: str
    place: Place
    time_ms: int
    target: str | None
    partition_key: str
    reverts: frozenset[str]
    action: str
    counted: str | None
    named: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Escalation]
    asks: str
    actions: tuple[str, ...]
    counts: tuple[bool, ...]


class Judging:
    """Judges decisions of one kind again, as if what these reverts name had never spoken."""

    def __init__(self, catalogue: Catalogue, reverts: Sequence[Revert]) -> None:
        self._rejudge = Rejudge(catalogue)
        self._partition_key = catalogue.kind.partition_key
        self._reverts = reverts
        self._steps: dict[str, dict[str, Escalation]] = {}

    def candidate(self, verdict: Verdict, bundle: Bundle, place: Place) -> Candidate:
        facts, policy = verdict.data.facts, bundle.policy
        time_ms = to_milliseconds(event_time(verdict))
        fired = self._fired(verdict, time_ms)
        silent = _silenced(facts, fired)
        first = self._judge(verdict, bundle, silent, {})
        asks = first.outcome.before
        named = facts.escalation
        mine = named.get(asks, ())
        more = range(1, len(mine) + 1)
        judged = [first, *(self._judge(verdict, bundle, silent, {asks: mine[:standing]}) for standing in more)]
        # As it was made, it is judged only where that differs, and tells more than its action.
        before = self._rejudge.judge(verdict, bundle) if fired and policy.escalation else judged[-1]
        counted = counting(policy, before.outcome)
        return Candidate(
            id=verdict.id,
            place=place,
            time_ms=time_ms,
            target=verdict.data.entities.get(verdict.data.target),
            partition_key=str(verdict.data.fields.get(self._partition_key)),
            reverts=frozenset(one.id for one in fired),
            action=verdict.data.action,
            counted=None if counted is None else counted.action,
            named=named,
            steps=self._steps.setdefault(bundle.hash, {one.action: one for one in reversed(policy.escalation)}),
            asks=asks,
            actions=tuple(one.outcome.action for one in judged),
            counts=tuple(counting(policy, one.outcome) is not None for one in judged),
        )

    def correction(
        self, verdict: Verdict, bundle: Bundle, standing: Mapping[str, tuple[str, ...]], revert: Revert
    ) -> Verdict:
        """The verdict that takes the decision's place; ``standing``: by action, what its escalation is made of now.

        It can be judged again by itself: the silenced rules stand among those that were snoozed.
        """
        time_ms = to_milliseconds(event_time(verdict))
        facts = _silenced(verdict.data.facts, self._fired(verdict, time_ms))
        facts = msgspec.structs.replace(facts, escalation={name: ids for name, ids in standing.items() if ids})
        made = with_outcome(verdict, self._rejudge.judge(verdict, bundle, facts=facts))
        data = msgspec.structs.replace(made.data, facts=facts, corrects=verdict.id)
        return msgspec.structs.replace(made, id=correction_id(verdict.id, revert.id), data=data)

    def _fired(self, verdict: Verdict, time_ms: int) -> list[Revert]:
        live = {reason.rule for reason in verdict.data.reasons if reason.mode == "live"}
        return [one for one in self._reverts if one.rule in live and one.covers(time_ms)]

    def _judge(
        self, verdict: Verdict, bundle: Bundle, facts: Facts, escalation: dict[str, tuple[str, ...]]
    ) -> Rejudged:
        changed = msgspec.structs.replace(facts, escalation=escalation)
        return self._rejudge.judge(verdict, bundle, facts=changed)


def _silenced(facts: Facts, reverts: Sequence[Revert]) -> Facts:
    rules = sorted({one.rule for one in reverts} - set(facts.snoozed))
    return msgspec.structs.replace(facts, snoozed=(*facts.snoozed, *rules))
