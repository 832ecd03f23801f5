"""A backtest in a process of its own, which may begin others: ``backtest_apart.py VERDICTS TRUTH OPTIONS``, all of
them JSON files or JSON; the report goes to standard output."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from support.backtests import backtest, bundle, plan_of

FAILING = ("failing", "not success", "challenge")
POLICY = '[[escalation]]\naction = "challenge"\ncount = 3\nwindow = "1d"\nbecomes = "block"\n'
LIMITED = POLICY + '[[budgets]]\nwindow = "1h"\nmost = 40\n'
CANDIDATE = bundle(FAILING, ("address", "ip.accounts_1h >= 2", "throttle"), policy=LIMITED, shipped=True)
BASELINE = bundle(("failing", "not success", "review"), policy=POLICY)


def main(verdicts: Path, truth: Path, options: str) -> None:
    lines = verdicts.read_bytes().split(b"\n")
    known = msgspec.json.decode(truth.read_bytes())
    given = msgspec.json.decode(options)
    answer = backtest(lines, plan_of(CANDIDATE, BASELINE), block_bytes=40_000, truth=known, **given)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
