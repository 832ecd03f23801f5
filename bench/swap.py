"""What a swap costs the traffic beside it: micro-batches of one kind while bundles of 500 rules are taken.

One process, as in a worker: its event loop judges micro-batches, each with a few round trips over a local socket in
place of Redis and Kafka, and the control topic's thread tells of 100 bundles, one after the other. A swap takes from
there to the first micro-batch that is judged by the new bundle. Wall-clock time: begin on a machine with nothing else
to do. ``make bench-swap`` (2 minutes)
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from statistics import median, quantiles

import structlog
from rule_variants import variants

from features.catalogue import Catalogue, catalogues
from features.event import EventDecoder
from features.kinds import load_kinds
from features.reference import load_reference
from models.bundle import Bundle, BundleText, compile_bundle, load_bundle
from models.facts import NO_FACTS
from models.judge import Case, judge
from models.rules.rule import Rule
from streams import collector
from streams.bundles.wire import Current, bundle_key, current_key, encode_bundle, encode_current
from streams.in_force import InForceBook
from streams.settings import Settings
from streams.simulator.run import simulate

RULES, SWAPS, BATCH, ROUND_TRIPS = 500, 100, 100, 5
KIND = "login"


def text_of(rules: Iterable[Rule]) -> str:
    """As an analyst would have written them. A JSON string is a TOML string."""
    keys = ("id", "kind", "when", "action", "reason", "owner")
    tables = ("\n".join(f"{key} = {json.dumps(getattr(rule, key))}" for key in keys) for rule in rules)
    return "".join(f"[[rule]]\n{table}\ncases = []\n\n" for table in tables)


def made(catalogue: Catalogue, seed: int) -> Bundle:
    shipped = load_bundle(catalogue)
    rules = text_of(variants(shipped.engine.rules, RULES, random.Random(seed)))
    text = BundleText(
        kind=KIND, rules={"a/login/a.toml": rules}, policy=shipped.text.policy, lists=shipped.text.lists
    )
    return compile_bundle(text, catalogue)


def cases_of(catalogue: Catalogue) -> list[Case]:
    """Logins of whom little is known; what they come to does not matter here."""
    decoder, reference = EventDecoder(catalogue.kind, 131_072, 10**12), load_reference(None)
    records = (one.record for one in simulate(BATCH * 12, seed=1) if one.kind == KIND)
    vector = [info.default for info in catalogue.infos]
    cases = []
    for record, _ in zip(records, range(BATCH), strict=False):
        event = decoder.decode(record)
        cases.append(Case(event, catalogue.named(catalogue.prepare(event, reference)), vector, NO_FACTS, 0.0, ()))
    return cases


async def traffic(
    book: InForceBook, catalogue: Catalogue, met: dict[str, float], stop: threading.Event
) -> list[float]:
    """Micro-batches until ``stop``; how long each took, in seconds. ``met``: when a bundle judged first."""
    cases = cases_of(catalogue)
    ends = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]
    took_s = []
    while not stop.is_set():
        begun_s = time.perf_counter()
        now = book.now(KIND)
        for _ in range(ROUND_TRIPS):
            ends[0][1].write(b"x")
            await ends[1][0].readexactly(1)
        judge(cases, catalogue, now.bundle, (), now.reference.version)
        met.setdefault(now.bundle.hash, time.perf_counter())
        took_s.append(time.perf_counter() - begun_s)
    return took_s


def swaps(book: InForceBook, bundles: list[Bundle], met: dict[str, float]) -> list[float]:
    """Tells of one bundle after the other; how long each took to judge, in seconds."""
    values = [encode_bundle(bundle) for bundle in bundles]
    took_s = []
    for number in range(SWAPS):
        bundle, value = bundles[number % 2], values[number % 2]
        met.pop(bundle.hash, None)
        begun_s = time.perf_counter()
        book.on_control(bundle_key(bundle.hash), value)
        book.on_control(current_key(KIND), encode_current(Current(hash=bundle.hash, history=())))
        while met.get(bundle.hash, 0.0) < begun_s:
            time.sleep(0.001)
        took_s.append(met[bundle.hash] - begun_s)
    return took_s


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    known = catalogues(list(load_kinds().values()))
    with tempfile.TemporaryDirectory() as scratch:
        book = InForceBook(Settings(registry=scratch), known)
    book.settle()
    collector.settle()
    bundles = [made(known[KIND], seed) for seed in (1, 2)]
    met: dict[str, float] = {}
    took_s: list[float] = []

    def beside(work: Callable[[], object]) -> list[float]:
        """The micro-batches of the time that it takes."""
        stop = threading.Event()
        side = threading.Thread(target=lambda: (work(), stop.set()))
        side.start()
        batches = asyncio.run(traffic(book, known[KIND], met, stop))
        side.join()
        return batches

    quiet = beside(lambda: time.sleep(10))
    busy = beside(lambda: took_s.extend(swaps(book, bundles, met)))
    print(f"a bundle of {RULES} rules: {len(encode_bundle(bundles[0])):,} bytes")
    tell(f"{SWAPS} swaps", took_s)
    tell("micro-batches before", quiet)
    tell("micro-batches beside them", busy)


def tell(what: str, took_s: list[float]) -> None:
    late = quantiles(took_s, n=100)[-1]
    print(
        f"{what}: p50 {median(took_s) * 1000:.1f} ms, p99 {late * 1000:.1f} ms, longest {max(took_s) * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
