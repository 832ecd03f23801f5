"""500 rules of one kind on one event: ours beside common-expression-language (CEL) and rule-engine, in one run.

The rules are the login rules that ship, each in many variants: other limits, and sometimes one condition more. All
three have the same conditions, and have to agree on every event about every rule.

ordinary: vectors of `weir simulate`. attack: every feature is drawn from all of its range, so that a tenth of the
rules fire and hardly anything can be passed over. Ours includes words, observed values and limits of what fires
('alone' is without); theirs does not, nor making the context that they read. Microseconds an event: CPU of one
process, medians of rounds in which all take turns. ``make bench-rules`` (2 minutes)
"""

from __future__ import annotations

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import cel
import rule_engine
from rule_dialects import in_cel, in_rule_engine, values_of
from rule_variants import variants

from features.aggregations.base import FeatureInfo
from features.catalogue import Catalogue, catalogues
from features.event import EventDecoder
from features.expression.tree import Labelled, Listed, parts_of
from features.kinds import load_kinds
from features.reference import load_reference
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore
from models.bundle import load_bundle
from models.facts import NO_FACTS
from models.rules.engine import RuleEngine
from models.rules.place import RuleFile
from models.rules.vocabulary import vocabulary
from streams import collector
from streams.simulator.run import simulate

RULES = 500
EVENTS = 2_000
# What the others are asked about: they take hundreds of times as long.
FEW = 40
ROUNDS = 5
GOAL_US = 30
Event = tuple[Any, Sequence[float]]


def ordinary(catalogue: Catalogue) -> list[Event]:
    """Simulated logins with the vectors that they have in order."""
    decoder, store, reference = EventDecoder(catalogue.kind, 131_072, 10**12), MemoryStore(), load_reference(None)
    records = (one.record for one in simulate(EVENTS * 12, seed=1) if one.kind == catalogue.kind.name)
    events = [decoder.decode(record) for record, _ in zip(records, range(EVENTS), strict=False)]

    async def vectors() -> list[Event]:
        await store.attach("T:0")
        found = []
        for number, event in enumerate(events):
            ready = catalogue.prepare(event, reference)
            observation = Observation(Position("T:0", number, event.time_ms), event.time_ms, ready.updates)
            (answer,) = await store.observe([observation], {"T:0": number})
            found.append((event.data, catalogue.vector(event, ready, answer)))
        return found

    return asyncio.run(vectors())


def attack(catalogue: Catalogue, events: Sequence[Event], chance: random.Random) -> list[Event]:
    """The same fields; features anywhere in their range, or as high as a rule could ask."""

    def value(info: FeatureInfo) -> float:
        most = info.most or {"s": 200_000, "km": 2_000, "km/h": 2_000}.get(info.unit, 100)
        drawn = chance.uniform(0, most)
        return round(drawn) if info.aggregation in ("count", "distinct", "novelty", "derived") else drawn

    return [(data, [value(info) for info in catalogue.infos]) for data, _ in events]


def timed(work: Callable[[Any], Any], events: Sequence[Any]) -> float:
    """Microseconds an event."""
    begun_s = time.process_time()
    for event in events:
        work(event)
    return (time.process_time() - begun_s) * 1e6 / len(events)


def longest_pause_ms(work: Callable[[], Any]) -> float:
    """How long another thread did not get to run while ``work`` ran."""
    worst_s, stop = 0.0, threading.Event()

    def tick() -> None:
        nonlocal worst_s
        last_s = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.0005)
            now_s = time.perf_counter()
            worst_s, last_s = max(worst_s, now_s - last_s), now_s

    ticking = threading.Thread(target=tick)
    ticking.start()
    work()
    stop.set()
    ticking.join()
    return worst_s * 1000


def main() -> None:
    collector.settle()
    known = catalogues(list(load_kinds().values()))
    login, chance = known["login"], random.Random(1)
    shipped = load_bundle(login).engine.rules
    words = vocabulary(login, None)
    plain = [
        rule
        for rule in shipped
        if not any(isinstance(part, (Listed, Labelled)) for part in parts_of(words.condition(rule.when).tree))
    ]
    rules = [(rule, RuleFile("bench", 1)) for rule in variants(plain, RULES, chance)]
    trees = [words.condition(rule.when).tree for rule, _ in rules]
    begun_s = time.perf_counter()
    engine = RuleEngine(login, rules)
    compile_s = time.perf_counter() - begun_s
    # Whatever else runs here makes pauses too: the least of several rounds is what the compiling itself does.
    pause_ms = min(longest_pause_ms(lambda: RuleEngine(login, rules)) for _ in range(ROUNDS))
    print(f"{RULES} rules, made of {len(plain)}, e.g. {rules[RULES // 2][0].when}")
    print(f"compiling them: {compile_s:.2f} s, in a thread; another waits at most {pause_ms:.0f} ms at a time\n")
    programs = [cel.compile(in_cel(tree)) for tree in trees]
    by_item = rule_engine.Context(resolver=rule_engine.resolve_item)
    matchers = [rule_engine.Rule(in_rule_engine(tree), context=by_item) for tree in trees]

    def ours(event: Event) -> Any:
        data, vector = event
        return [
            engine.reason(position, data, vector, 0.4, NO_FACTS, {})
            for position in engine.fired(data, vector, 0.4, NO_FACTS, {})
        ]

    def fired(event: Event) -> Any:
        return engine.fired(event[0], event[1], 0.4, NO_FACTS, {})

    def of_cel(values: cel.Context) -> Any:
        return tuple(n for n, program in enumerate(programs) if program.execute(values))

    def of_rule_engine(values: dict[str, Any]) -> Any:
        return tuple(n for n, matcher in enumerate(matchers) if matcher.matches(values))

    print(f"{'':9} |{'fire':>6} |{'ours':>8}{'alone':>8} |{'CEL':>9}{'ratio':>7} |{'rule-engine':>12}{'ratio':>7}")
    usual = ordinary(login)
    for name, events in (("ordinary", usual), ("attack", attack(login, usual, chance))):
        few = events[:: len(events) // FEW]
        values = [values_of(login, *event, 0.4) for event in few]
        contexts = [cel.Context(variables=one) for one in values]
        for event, one, context in zip(few, values, contexts, strict=True):
            assert fired(event) == of_cel(context) == of_rule_engine(one)
        rounds = [
            (timed(ours, events), timed(fired, events), timed(of_cel, contexts), timed(of_rule_engine, values))
            for _ in range(ROUNDS)
        ]
        whole, alone, theirs, others = (statistics.median(column) for column in zip(*rounds, strict=True))
        count = statistics.mean(len(fired(event)) for event in events)
        print(
            f"{name:9} |{count:>6.1f} |{whole:>8.1f}{alone:>8.1f} |{theirs:>9.0f}{theirs / whole:>6.0f}x |"
            f"{others:>12.0f}{others / whole:>6.0f}x"
        )
    print(f"\nThe goal is {GOAL_US} microseconds an event.")


if __name__ == "__main__":
    main()
