"""How soon a better challenger is found out, and how often one that is no better is taken for better.

    .venv/bin/python bench/gate.py

Evidence is looked at after every label, the worst way of looking. About two minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.duels import first_promotion

# How much better (in parts of e of the noise through which it sees the truth), share of abuse, labels, runs.
CASES = (
    (-0.02, 0.2, 3_000, 500),
    (0.0, 0.5, 3_000, 500),
    (0.0, 0.05, 3_000, 500),
    (0.2, 0.2, 6_000, 60),
    (0.3, 0.2, 4_000, 60),
    (0.5, 0.2, 3_000, 60),
    (0.7, 0.2, 3_000, 60),
    (0.7, 0.05, 3_000, 60),
)


def main() -> None:
    print("| noise, of the champion's | abuse | labels | runs | found better | after labels, median | 9 in 10 |")
    print("|---|---|---|---|---|---|---|")
    for better, base_rate, labels, runs in CASES:
        found = [first_promotion(1_000 + seed, labels, better, base_rate) for seed in range(runs)]
        after = [one for one in found if one is not None]
        when = [f"{np.quantile(after, share):,.0f}" for share in (0.5, 0.9)] if len(after) > runs / 2 else ["", ""]
        row = [f"{np.exp(-better):.2f}", f"{base_rate:.0%}", f"{labels:,}", str(runs), str(len(after)), *when]
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
