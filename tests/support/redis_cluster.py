"""A real Redis Cluster on loopback: three masters with a replica each, and a seventh server that owns no slot."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import redis

SLOTS = 16384
HOST = "127.0.0.1"
# Long enough for a busy machine, short enough that a failover takes some three seconds.
NODE_TIMEOUT_MS = 1500


class Node:
    """One redis-server process, its data folder and a client."""

    def __init__(
        self, program: Sequence[str], env: dict[str, str], folder: Path, port: int, options: str = ""
    ) -> None:
        self.port = port
        self._program = program
        self._env = env
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(HOST, port, socket_timeout=5, socket_connect_timeout=2)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self, *options: str, wait: bool = True) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "redis.conf"
        configuration.write_text(f'bind {HOST}\nport {self.port}\ndir "{self._folder}"\nsave ""\n{self._options}\n')
        with (self._folder / "output.log").open("ab") as log:
            command = [*self._program, str(configuration), *options]
            self._process = subprocess.Popen(command, env={**os.environ, **self._env}, stdout=log, stderr=log)
        if wait:
            until(self.answers, 20, f"the redis-server on port {self.port} answers")

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a machine that loses its power, but for what the kernel still writes."""
        if self._process is not None:
            # A stopped process takes only this signal.
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        self.client.close()

    def running(self) -> bool:
        return self._process is not None

    def forget_data(self) -> None:
        """What restarting empty means; of a server that does not run."""
        for path in sorted(self._folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


class RedisCluster:
    """Seven servers; a test that kills one or moves a slot has ``heal`` put it right again."""

    def __init__(self, program: Sequence[str], env: dict[str, str], folder: Path, ports: Sequence[int]) -> None:
        assert len(ports) == 14
        self.nodes = [
            Node(program, env, folder / str(port), port, _options(port, bus))
            for port, bus in zip(ports[:7], ports[7:], strict=True)
        ]
        self._buses = dict(zip(ports[:7], ports[7:], strict=True))

    @property
    def url(self) -> str:
        """Of two of its servers; a client learns of the others."""
        return f"redis+cluster://{HOST}:{self.nodes[0].port},{HOST}:{self.nodes[4].port}"

    def start(self) -> None:
        for node in self.nodes:
            node.start(wait=False)
        for number, node in enumerate(self.nodes, start=1):
            until(node.answers, 20, "a node answers")
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number)
        bounds = [0, 5461, 10923, SLOTS]
        for node, first, end in zip(self.nodes, bounds, bounds[1:], strict=False):
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", first, end - 1)
        for node in self.nodes[1:]:
            first = self.nodes[0].port
            node.client.execute_command("CLUSTER MEET", HOST, first, self._buses[first])
        until(lambda: all(len(list(self._lines(node))) == 7 for node in self.nodes), 30, "all know all")
        for master, replica in zip(self.nodes[:3], self.nodes[3:6], strict=True):
            replica.client.execute_command("CLUSTER REPLICATE", self._id(master))
        self.wait_whole()

    def stop(self) -> None:
        for node in self.nodes:
            node.close()

    def owner(self, slot: int) -> Node:
        """The master of a slot, as a server says that runs."""
        asked = next(node for node in self.nodes if node.running() and node.answers())
        for first, last, place, *_ in asked.client.execute_command("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return self._by_port(int(place[1]))
        raise AssertionError(f"nobody owns slot {slot}")

    def replica_of(self, master: Node) -> Node:
        mine = self._id(master).encode()
        place = next(words[1] for words in self._lines(master) if words[3] == mine)
        return self._by_port(int(place.split(b"@")[0].rsplit(b":", 1)[1]))

    def wait_whole(self) -> None:
        """All servers run, find the cluster whole, and every replica is up to date."""
        until(lambda: all(self._content(node) for node in self.nodes), 40, "the cluster is whole")

    def empty(self) -> None:
        """No key and no function anywhere."""
        for node in self.nodes:
            if node.client.info("replication")["role"] == "master":
                node.client.flushall()
                node.client.execute_command("FUNCTION FLUSH")

    def heal(self) -> None:
        """Start what was killed, let go on what was stopped."""
        for node in self.nodes:
            if node.running():
                node.signal(signal.SIGCONT)
            else:
                node.start()
        self.wait_whole()

    def begin_move(self, slot: int, target: Node) -> Node:
        """From now on the slot's owner sends away whoever asks for keys that it lacks; gives the owner."""
        source = self.owner(slot)
        target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", self._id(source))
        source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", self._id(target))
        return source

    def move_keys(self, slot: int, source: Node, target: Node, at_once: int) -> bool:
        """Move some keys; False if none is left."""
        keys = source.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, at_once)
        if keys:
            source.client.execute_command("MIGRATE", HOST, target.port, "", 0, 5000, "KEYS", *keys)
        return bool(keys)

    def end_move(self, slot: int, source: Node, target: Node) -> None:
        for node in (target, source, *(n for n in self.nodes if n.client.info("replication")["role"] == "master")):
            node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", self._id(target))

    def move(self, slot: int, target: Node) -> None:
        source = self.begin_move(slot, target)
        while self.move_keys(slot, source, target, 100):
            pass
        self.end_move(slot, source, target)

    def _content(self, node: Node) -> bool:
        try:
            info = node.client.execute_command("CLUSTER", "INFO")
            said = node.client.info("replication")
        except redis.RedisError:
            return False
        up = said["role"] == "master" or said["master_link_status"] == "up"
        replicas = sum(words[3] != b"-" and b"fail" not in words[2] for words in self._lines(node))
        return up and b"cluster_state:ok" in info and replicas == 3

    def _lines(self, node: Node) -> Iterator[list[bytes]]:
        with suppress(redis.ConnectionError):
            text = node.client.execute_command("CLUSTER", "NODES")
            yield from (line.split() for line in text.splitlines())

    def _id(self, node: Node) -> str:
        return next(words[0].decode() for words in self._lines(node) if b"myself" in words[2])

    def _by_port(self, port: int) -> Node:
        return next(node for node in self.nodes if node.port == port)


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def _options(port: int, bus: int) -> str:
    return f"""\
appendonly yes
appendfsync everysec
cluster-enabled yes
cluster-port {bus}
cluster-config-file nodes-{port}.conf
cluster-node-timeout {NODE_TIMEOUT_MS}
cluster-announce-ip {HOST}
cluster-allow-replica-migration no
cluster-replica-validity-factor 0
repl-diskless-sync yes
repl-diskless-sync-delay 0
"""
