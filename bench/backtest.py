"""How fast a backtest is: with recorded features by one process and by many, and with features computed anew.

``make bench-backtest``. Events are those of ``weir simulate``, decided by what ships; the verdicts are then repeated
under new ids until there are enough. The candidate adds a rule that fires; "counting" also has a policy with
escalation and a budget that is a share, so that every event passes the second phase. A rate is that of all blocks
behind the first, from the file to the last figure: without the seconds in which kinds, rules and processes are made
ready. The best of three rounds; "of CPU" is by the time that the one process spent, whatever else the machine does.
"""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from features.catalogue import Catalogue, catalogues
from features.kinds import load_kinds
from models.bundle import Bundle
from streams.bundles.folders import shipped_bundles
from streams.offline.backtest.blocks import read_blocks
from streams.offline.backtest.plan import Plan, Sent, code_hash
from streams.offline.backtest.run import Backtest, run
from streams.offline.backtest.source import open_source
from streams.settings import load_settings
from streams.simulator.run import simulate

Rates = tuple[float, float]
EVENTS = 6_000
TIMES = 25
ROUNDS = 3
_ID = b'"id":"'
RULE = """
[[rule]]
id = "bench-many-accounts"
kind = "login"
when = "ip.accounts_1h >= 6 and not success"
action = "challenge"
reason = "{ip.accounts_1h} accounts from this address in an hour"
owner = "bench"
cases = []
"""
POLICY = """
[[bands]]
score = 0.6
action = "review"
[[escalation]]
action = "challenge"
count = 3
window = "1d"
becomes = "block"
[[budgets]]
window = "1d"
share = 0.2
"""


def main() -> None:
    known = catalogues(list(load_kinds().values()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = folder / "events"
        events.write_bytes(b"\n".join(one.record for one in simulate(EVENTS, 1) if one.kind != "label"))
        shipped = shipped_bundles(known, ())
        changed = shipped_bundles(known, [written(folder / "changed", RULE)])
        counting = shipped_bundles(known, [written(folder / "counting", RULE, POLICY)])
        verdicts: list[bytes] = []
        anew = rate(events, plan_of(known, changed, shipped), 1, verdicts, block_bytes=100_000)
        tell("features computed anew, 1 process", anew)
        plain, packed = repeated(folder, verdicts)
        cores = len(os.sched_getaffinity(0))
        tell("recorded features, 1 process", best(plain, plan_of(known, changed, shipped), 1))
        tell("recorded features, counting, 1 process", best(plain, plan_of(known, counting, shipped), 1))
        tell("recorded features, .gz, 1 process", best(packed, plan_of(known, changed, shipped), 1))
        wall, _ = best(plain, plan_of(known, changed, shipped), cores)
        print(f"recorded features, {cores} processes: {wall:,.0f} events/s")


def best(path: Path, plan: Plan, workers: int) -> Rates:
    rounds = [rate(path, plan, workers) for _ in range(ROUNDS)]
    return max(wall for wall, _ in rounds), max(cpu for _, cpu in rounds)


def rate(path: Path, plan: Plan, workers: int, made: list[bytes] | None = None, **blocks: int) -> Rates:
    """Events a second of time and of this process's CPU; ``made`` takes the verdicts."""
    shown: list[tuple[float, float, int]] = []
    source = open_source(read_blocks([path], **blocks), load_settings(), load_kinds(), (), refuse)
    run(
        Backtest(plan=plan, names=("", ""), measure=False, workers=workers, alone_bytes=0),
        source,
        refuse,
        None if made is None else lambda line, _outcomes: made.append(line),
        lambda _position, events: shown.append((time.perf_counter(), time.process_time(), events)),
    )
    (begin_s, before_s, first), (end_s, after_s, last) = shown[0], shown[-1]
    return (last - first) / (end_s - begin_s), (last - first) / (after_s - before_s)


def repeated(folder: Path, verdicts: list[bytes]) -> tuple[Path, Path]:
    """The verdicts again and again, each time under new ids; plain and packed."""
    plain, packed = folder / "verdicts", folder / "verdicts.gz"
    with plain.open("wb") as file:
        for number in range(TIMES * len(verdicts)):
            verdict = verdicts[number % len(verdicts)]
            at = verdict.index(_ID) + len(_ID)
            file.write(verdict[:at] + f"{number:016x}{number:016x}".encode() + verdict[at + 32 :] + b"\n")
    packed.write_bytes(gzip.compress(plain.read_bytes(), 6))
    print(f"{TIMES * len(verdicts):,} verdicts of {plain.stat().st_size / TIMES / len(verdicts):,.0f} bytes")
    return plain, packed


def written(folder: Path, rule: str, policy: str = "") -> Path:
    (folder / "login").mkdir(parents=True)
    (folder / "login" / "bench.toml").write_text(rule)
    if policy:
        (folder / "login" / "policy.toml").write_text(policy)
    return folder


def plan_of(known: dict[str, Catalogue], candidate: dict[str, Bundle], baseline: dict[str, Bundle]) -> Plan:
    def sent(bundles: dict[str, Bundle]) -> dict[str, Sent]:
        return {kind: Sent(bundle.hash, bundle.text) for kind, bundle in bundles.items()}

    return Plan(
        kinds_folders=(),
        schemas={kind: catalogue.schema for kind, catalogue in known.items()},
        code=code_hash(),
        candidate=sent(candidate),
        baseline=sent(baseline),
        known={one.hash: one for one in sent(baseline).values()},
    )


def tell(what: str, rates: Rates) -> None:
    wall, cpu = rates
    print(f"{what}: {wall:,.0f} events/s, {cpu:,.0f} a second of CPU")


def refuse(*what: Any) -> None:
    sys.exit(f"a line was refused: {what}")


if __name__ == "__main__":
    main()
