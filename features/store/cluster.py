"""Redis Cluster: which server owns which key, as the servers themselves say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import ConnectionPool
from redis.crc import key_slot
from redis.exceptions import ResponseError

from features.errors import StoreUnavailable, WeirError
from features.store.servers import Server, numbers, raise_first

Address = tuple[str, int]

# A server that is away must not keep those who answer waiting; what it says now is not needed either.
_ANSWER_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class _View:
    """What one server says: the cluster's epoch, (first slot, last slot, owner) of all ranges, all members."""

    epoch: int
    ranges: list[tuple[int, int, Address]]
    members: set[Address]


class Cluster:
    """See ``Servers``. redis-py's own cluster client is not used: it sends a command again by itself, up to
    sixteen times, asks the server for a command's keys, closes connections that others use, and sends ASKING over
    one connection and what it is for over another.

    ``seeds``: some of its servers; the others are learned. ``options``: of every connection, without host and port.
    """

    def __init__(self, seeds: Sequence[Address], options: Mapping[str, Any]) -> None:
        self._seeds = list(seeds)
        self._options = dict(options)
        self._servers: dict[Address, Server] = {}
        self._ranges: list[tuple[int, int, Address]] = []
        self._owners: dict[int, Address] = {}
        self._members: set[Address] = set()
        self._doubted = True
        self._asking = asyncio.Lock()

    async def owner(self, key: bytes) -> Server:
        slot = key_slot(key)
        if self._doubted:
            await self._learn()
        if (address := self._owners.get(slot)) is None:
            found = [place for first, last, place in self._ranges if first <= slot <= last]
            if not found:
                self._doubted = True
                raise StoreUnavailable(f"nobody in the Redis cluster owns slot {slot}")
            address = self._owners[slot] = found[0]
        return self.at(*address)

    def at(self, host: str, port: int) -> Server:
        server = self._servers.get((host, port))
        if server is None:
            server = self._servers[host, port] = Server(ConnectionPool(**self._options, host=host, port=port))
        return server

    def moved(self, slot: int, host: str, port: int) -> None:
        self._owners[slot] = host, port
        self._doubted = True

    def doubt(self) -> None:
        self._doubted = True

    async def ping(self) -> None:
        """All who own slots have to answer, and to find the cluster whole."""
        if self._doubted:
            await self._learn()
        owners = {place for _, _, place in self._ranges}
        answers = await asyncio.gather(*(self.at(*place).send([("CLUSTER", "INFO")]) for place in sorted(owners)))
        try:
            for (info,) in answers:
                raise_first([info])
                if numbers(info).get("cluster_state") != "ok":
                    raise StoreUnavailable("the Redis cluster is down")
        except StoreUnavailable:
            self._doubted = True
            raise

    async def close(self) -> None:
        servers, self._servers = list(self._servers.values()), {}
        await asyncio.gather(*(server.close() for server in servers))

    async def _learn(self) -> None:
        """Ask all known servers who owns what, and believe who has seen the latest change."""
        async with self._asking:
            if not self._doubted:
                # Somebody else has asked while this one waited.
                return
            asked = [asyncio.ensure_future(self._ask(place)) for place in {*self._members, *self._seeds}]
            try:
                await asyncio.wait(asked, timeout=_ANSWER_WITHIN_S)
                views = [task.result() for task in asked if task.done()]
            finally:
                for task in asked:
                    task.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
            seen = [view for view in views if isinstance(view, _View)]
            if not seen:
                why = next((str(view) for view in views), "none answers in time")
                raise StoreUnavailable(f"no server of the Redis cluster can be asked: {why}")
            best = max(seen, key=lambda view: view.epoch)
            self._ranges, self._owners, self._doubted = best.ranges, {}, False
            self._members = best.members
            await self._forget_leavers()

    async def _ask(self, place: Address) -> _View | StoreUnavailable:
        info, slots = await self.at(*place).send([("CLUSTER", "INFO"), ("CLUSTER", "SLOTS")])
        if isinstance(info, ResponseError) and "cluster support disabled" in str(info):
            raise WeirError(f"the Redis at {place[0]}:{place[1]} is not part of a cluster: write redis://")
        for answer in (info, slots):
            if isinstance(answer, StoreUnavailable):
                return answer
            raise_first([answer])
        told = numbers(info)
        if told.get("cluster_state") != "ok":
            # It lacks owners of slots, or is cut off from the others and does not know who owns what by now.
            return StoreUnavailable("the cluster is down")
        ranges, members = [], {place}
        for first, last, *nodes in slots:
            # A server that does not know its own address leaves it empty.
            places = [(_host(node[0], place[0]), int(node[1])) for node in nodes]
            members.update(places)
            ranges.append((int(first), int(last), places[0]))
        return _View(int(told["cluster_current_epoch"]), ranges, members)

    async def _forget_leavers(self) -> None:
        stay = self._members.union(self._seeds)
        gone = [place for place, server in self._servers.items() if place not in stay and not server.busy]
        await asyncio.gather(*(self._servers.pop(place).close() for place in gone))


def _host(said: bytes | None, asked: str) -> str:
    host = said.decode() if said else ""
    return asked if host in ("", "?") else host
