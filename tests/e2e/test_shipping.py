"""A hundred swaps under load: no event is lost, nothing pauses for long, and a broken bundle changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from support.events import CATALOGUES, record
from support.pipeline import Pipeline, wait_until

from features.event import decision_id
from models.bundle import Bundle
from streams.bundles import ship as shipping
from streams.bundles.folders import shipped_bundles
from streams.bundles.shelf import Now, open_shelf
from streams.bundles.ship import Change, ShippingError, ship
from streams.bundles.wire import Current, bundle_key, current_key, encode_bundle, encode_current
from streams.settings import Settings
from streams.wire import PARTITION_HEADER

SWAPS = 100
EVENTS_A_SECOND = 300
RULE = """
[[rule]]
id = "login-mine"
kind = "login"
when = "account.failures_1h >= {limit}"
action = "review"
reason = "{{account.failures_1h}} failures"
owner = "test"
cases = [
  {{ fires = true, values = {{ "account.failures_1h" = {limit} }} }},
  {{ fires = false, values = {{ "account.failures_1h" = {below} }} }},
]
"""


class _Data(msgspec.Struct):
    bundle: str


class _Verdict(msgspec.Struct):
    id: str
    data: _Data


class Seen(NamedTuple):
    """``partition``: the event's, all of whose verdicts come from one worker."""

    partition: int
    appended_ms: int
    id: str
    bundle: str


class Verdicts:
    """Everything that the verdicts topic gets, read beside the test."""

    def __init__(self, pipeline: Pipeline, partitions: int) -> None:
        self.seen: list[Seen] = []
        self.newest: dict[int, str] = {}
        self._stop = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": pipeline.settings.kafka, "group.id": "t", "fetch.wait.max.ms": 10}
        )
        self._consumer.assign([TopicPartition(pipeline.topic("verdicts"), n, 0) for n in range(partitions)])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait_for(self, bundle: str, seconds: float) -> float:
        """Until the newest verdict of every partition names this bundle; how long that took, in seconds."""
        begun_s = time.monotonic()
        while set(self.newest.values()) != {bundle}:
            assert time.monotonic() - begun_s < seconds, f"after {seconds} s: {self.newest}, and not {bundle}"
            time.sleep(0.002)
        return time.monotonic() - begun_s

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        decoder = msgspec.json.Decoder(_Verdict)
        while not self._stop.is_set():
            for message in self._consumer.consume(500, 0.02):
                assert message.error() is None
                verdict = decoder.decode(message.value())
                place = int(dict(message.headers())[PARTITION_HEADER])
                self.seen.append(Seen(place, message.timestamp()[1], verdict.id, verdict.data.bundle))
                self.newest[place] = verdict.data.bundle


@contextmanager
def load(pipeline: Pipeline, partitions: int) -> Iterator[list[str]]:
    """Logins at an even pace in every partition, until the block ends; the list of their ids grows."""
    sent: list[str] = []
    stop = threading.Event()

    def run() -> None:
        producer = pipeline.producer()
        while not stop.wait(partitions / EVENTS_A_SECOND):
            for partition in range(partitions):
                name = f"e{len(sent)}"
                value = record("login", name, int(time.time() * 1000), account=f"a{len(sent) % 997}")
                producer.produce(pipeline.topic("login"), value, name, partition=partition)
                sent.append(name)
            producer.poll(0)
        assert producer.flush(30) == 0

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def bundles(folder: Path) -> tuple[Bundle, Bundle]:
    made = []
    for limit in (4, 7):
        (folder / str(limit) / "login").mkdir(parents=True)
        (folder / str(limit) / "login" / "mine.toml").write_text(RULE.format(limit=limit, below=limit - 1))
        made.append(shipped_bundles(CATALOGUES, [folder / str(limit)])["login"])
    return made[0], made[1]


def now(pipeline: Pipeline) -> Now:
    return open_shelf(pipeline.settings, {"login": CATALOGUES["login"]}).now("login")


def put(pipeline: Pipeline, bundle: Bundle, before: Now) -> Now:
    """Put a bundle in force; how the kind stands then."""
    change = Change(hash=bundle.hash, value=encode_bundle(bundle), now=before)
    current = ship(pipeline.settings, [change], by="tester", note="a test")["login"]
    return Now(kind="login", hash=current.hash, seen=encode_current(current), history=current.history, unsent=None)


def tell(pipeline: Pipeline, producer: Producer, name: str, value: bytes) -> None:
    """What the control topic gets of a bundle that is put in force, whatever it is."""
    current = encode_current(Current(hash=name, history=()))
    producer.produce(pipeline.topic("control"), value, bundle_key(name))
    producer.produce(pipeline.topic("control"), current, current_key("login"))
    assert producer.flush(30) == 0


def broken(bundle: Bundle) -> dict[str, bytes]:
    """What no worker may take, and no command would send, by the hash that would name it."""
    good, own = encode_bundle(bundle), bundle.hash.encode()

    def altered(old: str, new: str, name: str) -> bytes:
        assert msgspec.json.encode(old)[1:-1] in good
        return good.replace(msgspec.json.encode(old)[1:-1], msgspec.json.encode(new)[1:-1]).replace(
            own, name.encode()
        )

    return {
        "0" * 16: good,
        "1" * 16: good.replace(own, b"1" * 16),
        "2" * 16: altered('when = "account.failures_1h', 'when = "account.sighs_1h', "2" * 16),
        "3" * 16: altered("[[rule]]", "[[rule", "3" * 16),
        "4" * 16: good.replace(b'"kind":"login"', b'"kind":"mail"').replace(own, b"4" * 16),
        "5" * 16: b"\x00garbage",
    }


def longest_pause_s(seen: Sequence[Seen]) -> float:
    """Between two verdicts of a partition, by the time at which the broker appended them."""
    by_place: dict[int, list[int]] = {}
    for one in seen:
        by_place.setdefault(one.partition, []).append(one.appended_ms)
    return max(after - before for times in by_place.values() for before, after in pairwise(times)) / 1000


@pytest.mark.services
def test_a_hundred_swaps_under_load_lose_nothing_and_pause_nothing_and_broken_bundles_are_refused(
    services: Any, tmp_path: Path
) -> None:
    partitions = 2
    a, b = bundles(tmp_path)
    shipped = shipped_bundles(CATALOGUES, [])["login"]
    with Pipeline(services, tmp_path, partitions=partitions) as pipeline:
        workers = [pipeline.start("worker", ready=False) for _ in range(2)]
        for worker in workers:
            worker.wait_ready()
        verdicts = Verdicts(pipeline, partitions)
        producer, after_s = pipeline.producer(), []
        with load(pipeline, partitions) as sent:
            verdicts.wait_for(shipped.hash, 60)
            # Both have their partition by now, and nothing waits from the time before.
            wait_until(lambda: len(sent) > 2000 and len(sent) - len(verdicts.seen) < 100, 60, "a steady pace")
            first, standing = len(verdicts.seen), now(pipeline)
            # What ships was announced by the workers, so that it is found by its hash.
            assert (standing.hash, standing.seen, standing.unsent) == (shipped.hash, None, None)
            standing = put(pipeline, a, standing)
            after_s.append(verdicts.wait_for(a.hash, 20))
            for number in range(1, SWAPS):
                # As it is shipped, without the time that it takes to look what is there.
                bundle = (a, b)[number % 2]
                tell(pipeline, producer, bundle.hash, encode_bundle(bundle))
                after_s.append(verdicts.wait_for(bundle.hash, 20))
            # From here on b judges, whatever is sent.
            for name, value in broken(a).items():
                tell(pipeline, producer, name, value)
                for worker in workers:
                    wait_until(lambda: f'"{name}"' in worker.log(), 20, f"{name} is refused")  # noqa: B023
            swapped = len(verdicts.seen)
            # And it can be mended as everything is shipped.
            pipeline.weir("rules", "publish", "--kind", "login", "--folder", str(tmp_path / "4"), "--note", "mended")
            verdicts.wait_for(a.hash, 20)
            done = pipeline.weir("rules", "rollback", "--kind", "login", "--to", b.hash[:8])
            assert f"login: {b.hash} is in force" in done.stdout
            verdicts.wait_for(b.hash, 20)
        wait_until(lambda: len(verdicts.seen) >= len(sent), 60, "everything is decided")
        verdicts.close()
        for worker in workers:
            assert worker.metric('weir_bundles_refused_total{kind="login"}') == len(broken(a))
            assert worker.metric(f'weir_bundle_info{{bundle="{b.hash}",kind="login"}}') == 1
            assert worker.metric("weir_bundle_info{") == len(CATALOGUES)
            # No worker ever goes back: it swaps at most as often as it was told to.
            assert SWAPS // 2 < worker.log().count('"bundle_in_force"') <= SWAPS + 2
            assert worker.terminate() == 0

    pause_s = longest_pause_s(verdicts.seen[first:])
    print(  # noqa: T201 - what was measured, for pytest -s
        f"{SWAPS} swaps, {len(sent)} events: until every partition has a verdict of the new one "
        f"p50 {median(after_s):.3f} s, max {max(after_s):.3f} s; longest pause {pause_s:.3f} s"
    )
    assert sorted(one.id for one in verdicts.seen) == sorted(decision_id("login", "test", name) for name in sent)
    assert {one.bundle for one in verdicts.seen} == {shipped.hash, a.hash, b.hash}
    for place in range(partitions):
        told = [one.bundle for one in verdicts.seen[:swapped] if one.partition == place]
        # Every swap is met, in its order; where a partition changes hands between two workers, of which one is a
        # moment behind, the one before may be met once more.
        met = (name for name, _ in groupby(told))
        assert all(wanted in met for wanted in [shipped.hash, *[a.hash, b.hash] * (SWAPS // 2)])
    assert quantiles(after_s, n=20)[-1] < 2
    # A machine that others keep busy may let a process stand still for a while by itself.
    assert max(*after_s, pause_s) < 5


@pytest.mark.services
def test_of_two_who_publish_at_once_one_is_told_to_begin_again(
    services: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = bundles(tmp_path)
    with Pipeline(services, tmp_path) as pipeline:
        standing = now(pipeline)
        usual = shipping.read_control

        def read_and_lose(settings: Settings) -> dict[str, bytes]:
            control = usual(settings)
            monkeypatch.setattr(shipping, "read_control", usual)
            put(pipeline, b, standing)
            return control

        # The other one begins and ends between our reading and our writing.
        monkeypatch.setattr(shipping, "read_control", read_and_lose)
        with pytest.raises(ShippingError, match="somebody else is shipping rules at this moment"):
            put(pipeline, a, standing)
        assert now(pipeline).hash == b.hash
        # And whoever looked before that other one began.
        with pytest.raises(ShippingError, match="somebody else changed what is in force for login meanwhile"):
            put(pipeline, a, standing)
        assert [one.replaced for one in now(pipeline).history] == [standing.hash]
        assert put(pipeline, a, now(pipeline)).hash == a.hash
