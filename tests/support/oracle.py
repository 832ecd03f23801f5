"""A brute-force oracle: every stateful feature from its description and the events alone, in the plainest way.

It reads what ``weir features list --json`` and ``weir features inputs`` print, and uses nothing else of ours.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from support.brute_force import History, Info, Seen, cells, hash_of, kept_values, known, newest_of, single

__all__ = ["Oracle", "Seen", "expected", "printed"]


class Oracle:
    """Events go in, in the order of the log; what each event's features have to be comes out."""

    def __init__(self, infos: Iterable[Info]) -> None:
        """``infos``: the array that is printed, read as JSON."""
        self._infos: dict[str, list[Info]] = defaultdict(list)
        self._horizons_s: dict[tuple[str, str], int] = {}
        self._past: dict[tuple[str, str, str], History] = defaultdict(list)
        for info in infos:
            if info["aggregation"] == "derived":
                continue
            self._infos[info["kind"]].append(info)
            parameters = info["parameters"] or {}
            self._forgets(info["of_kind"], parameters.get("of_entity", info["entity"]), info["horizon_s"])
            for name, horizon_s in parameters.get("horizons_s", {}).items():
                self._forgets(info["of_kind"], name, horizon_s)

    def _forgets(self, kind: str, entity: str, horizon_s: int) -> None:
        assert self._horizons_s.setdefault((kind, entity), horizon_s) == horizon_s

    def expected(self, event: Seen, leave_out: Iterable[str] = ()) -> dict[str, float]:
        """The stateful features of ``event``, which comes after all that were added.

        ``leave_out``: entities and aggregations that are not asked.
        """
        out = set(leave_out)
        return {
            i["name"]: self._value(i, event)
            for i in self._infos[event.kind]
            if i["entity"] not in out and i["aggregation"] not in out
        }

    def add(self, event: Seen) -> None:
        for (kind, entity), horizon_s in self._horizons_s.items():
            if kind == event.kind and entity in event.entities:
                key = kind, entity, event.entities[entity]
                self._past[key] = [*known(self._past[key], horizon_s, event.time_ms), event]

    def _history(self, kind: str, entity: str, value: str | None, time_ms: int) -> History:
        if value is None or (kind, entity, value) not in self._past:
            return []
        return known(self._past[kind, entity, value], self._horizons_s[kind, entity], time_ms)

    def _value(self, info: Info, event: Seen) -> float:
        value = event.entities.get(info["entity"])
        if info["aggregation"] == "login_risk":
            return self._login_risk(info, event)
        if value is None:
            return float(info["default"])
        of_entity = (info["parameters"] or {}).get("of_entity", info["entity"])
        history = self._history(info["of_kind"], of_entity, value, event.time_ms)
        elsewhere = info["of_kind"] != info["kind"]
        return single(info, history, history if elsewhere else [*history, event], event)

    def _login_risk(self, info: Info, event: Seen) -> float:
        p = info["parameters"]

        def of(entity: str) -> History:
            return self._history(event.kind, entity, event.entities.get(entity), event.time_ms)

        def count(entity: str) -> int:
            if entity not in event.entities:
                return 0
            mine = [*of(entity), event]
            return sum(cells(mine, info["condition"], {**info, "aggregation": "count"}, newest_of(mine)).values())

        risk = 0.0
        for group in p["groups"]:
            among_all = own = 0.0
            for part in group:
                value = hash_of(part["input"], None, event)
                if value is None:
                    continue
                tally = kept_values(of(info["entity"]), part["input"], info, info["cap"])
                m, total = tally.get(value, (0, 0))[1], sum(c for _, c in tally.values())
                if part["entity"]:
                    n, everything = count(part["entity"]), count(p["everyone"])
                else:
                    others = kept_values(of(p["everyone"]), part["input"], info, p["cap_among"])
                    n, everything = others.get(value, (0, 0))[1], sum(c for _, c in others.values())
                probability = (n + 1) / (everything + 1)
                among_all += part["weight"] * probability
                own += part["weight"] * ((m + probability) / (total + 1))
            if own:
                risk += math.log(among_all / own)
        return risk


def printed(catalogue: Any) -> list[Info]:
    """A catalogue's features as ``weir features list --json`` prints them."""
    infos: list[Info] = json.loads(msgspec.json.encode(catalogue.infos))
    return infos


def expected(catalogue: Any, past: Sequence[Seen], event: Seen) -> dict[str, float]:
    """The stateful features of ``event`` after ``past`` (of all kinds, in the order of the log)."""
    oracle = Oracle(printed(catalogue))
    for one in past:
        oracle.add(one)
    return oracle.expected(event)
