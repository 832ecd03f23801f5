"""What becomes of a promised false positive rate while legitimate scores change.

    .venv/bin/python bench/promise.py

The rates are those of what was decided with the thresholds of the moment, in parts of what was promised; the mean of
five runs, and the worst. About three minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.promising import keep

RUNS = 5
Rng = np.random.Generator
TRAFFIC: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "stays": lambda rng, n: rng.beta(1, 8, n),
    "rises slowly": lambda rng, n: rng.beta(1, np.linspace(8, 3, n)),
    "rises at once": lambda rng, n: np.concatenate([rng.beta(1, 8, n // 2), rng.beta(1, 3, n // 2)]),
    "comes in waves": lambda rng, n: np.concatenate(
        [rng.beta(1, b, n // 10) for b in (8, 5, 8, 4, 8, 3, 8, 4, 8, 3)]
    ),
    "97 % are 0": lambda rng, n: np.where(rng.random(n) < 0.03, rng.beta(1, 8, n).round(1), 0.0),
}


def main() -> None:
    print(
        "| traffic | promised | labels late by | wrongly hindered, of promised: mean | worst | threshold in force |"
    )
    print("|---|---|---|---|---|---|")
    for name, make in TRAFFIC.items():
        for rate, n in ((0.01, 40_000), (0.001, 80_000)):
            for late in (0, 1_000):
                runs = [keep(make(np.random.default_rng(seed), n), rate, late=late) for seed in range(RUNS)]
                parts = [run.rate() / rate for run in runs]
                opened = np.mean([run.open.mean() for run in runs])
                row = [name, f"{rate:g}", f"{late:,}", f"{np.mean(parts):.2f}", f"{max(parts):.2f}", f"{opened:.0%}"]
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
