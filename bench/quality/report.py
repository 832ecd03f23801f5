"""The figures as tables in Markdown, as drawings, and as one file for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import river

from quality.conditions import CONDITIONS
from quality.contest import CHOSEN_ON, Contest
from quality.entrants import BOGOFILTER
from quality.figures import roc
from quality.measured import RATES, Degraded, Fewer, Measured, Row, Worth
from quality.river_sets import Result
from quality.svg import bars, curves

_NONE = "–"
_NAMES = {"0.001": "0.1%", "0.01": "1%"}
_LEAST_RATE = 1e-4


def machine(bogofilter: str) -> dict[str, Any]:
    """What it ran on, and by which versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "river": river.__version__,
        "bogofilter": bogofilter.removeprefix("bogofilter version "),
    }


def mail_tables(one: Measured) -> str:
    """One corpus: its rows, then how they degrade."""
    legit = one.mails - one.abuse
    may = " and ".join(f"{one.false_positives[rate]} at {_NAMES[rate]}" for rate in RATES)
    text = [
        f"## {one.corpus}",
        f"{one.mails:,} mails from {_day(one.first)} to {_day(one.last)}, {one.abuse:,} of them spam; of the "
        f"{legit:,} legitimate ones may be flagged: {may}. In brackets: 95% intervals.",
        _table(
            ["", *_heads("all"), *_heads(f"after {CHOSEN_ON:,}"), "µs to score", "µs to learn"],
            [
                [row.name, *_cells(row.all), *_cells(row.later), f"{row.score_us:,.0f}", f"{row.learn_us:,.0f}"]
                for row in one.rows
            ],
        ),
        "Spam that is missed at the same false positives, beside bogofilter:",
        _table(
            ["", *(f"{_NAMES[rate]}: missed" for rate in RATES), *(f"{_NAMES[rate]}: fewer" for rate in RATES)],
            [_fewer_cells(row) for row in one.rows if row.fewer],
        ),
        "When labels come late, are wrong, or poison:",
        _table(
            ["labels", "", *_heads("all"), *_heads(f"after {CHOSEN_ON:,}")],
            [
                [each.condition, each.name, *_cells(each.all), *_cells(each.later)]
                for each in _by_condition(one.degraded)
            ],
        ),
        f"River's baselines on the first {CHOSEN_ON:,}, of which the best one is in the table, by (1-AUC)%: "
        + "; ".join(f"{name.partition(': ')[2]} {error:.3f}" for name, error in one.river_on_the_first.items())
        + ".",
    ]
    return "\n\n".join(text) + "\n"


def river_table(results: Sequence[Result], missing: str = "") -> str:
    """``missing``: why a set is left out."""
    rows = [
        [
            one.set,
            one.model,
            _share(one.accuracy),
            _share(one.f1),
            _NONE if one.published is None else f"{' / '.join(one.published)}: {'yes' if one.reproduced else 'NO'}",
            f"{one.auc:.4f}",
            f"{one.average_precision:.4f}",
            f"{one.us:.0f}",
        ]
        for one in results
    ]
    heads = ["set", "model", "accuracy", "F1", "published: reproduced", "AUC", "average precision", "µs an event"]
    return "\n\n".join(["## River's sets", _table(heads, rows), *([missing] if missing else [])]) + "\n"


def drawings(contest: Contest, one: Measured) -> dict[str, str]:
    """By the name of the file."""
    name = "".join(letter if letter.isalnum() else "-" for letter in one.corpus.lower())
    lines = {row: roc(run.scores, contest.corpus.abuse) for row, run in contest.rows.items()}
    groups: dict[str, dict[str, float]] = {}
    for each in _by_condition(one.degraded):
        groups.setdefault(each.condition, {})[each.name] = (each.later or each.all).auc_error
    part = f"after mail {CHOSEN_ON:,}" if one.degraded[0].later else "all mails"
    return {
        f"{name}-roc.svg": curves(
            f"{one.corpus}: spam found at each rate of false positives",
            ("legitimate mails that are flagged", "spam that is found"),
            lines,
            _LEAST_RATE,
        ),
        f"{name}-degradation.svg": bars(f"{one.corpus}, {part}: (1-AUC)%, lower is better", groups, (0.003, 30), "%"),
    }


def as_json(about: dict[str, Any], corpora: Iterable[Measured], results: Iterable[Result]) -> bytes:
    everything = {"machine": about, "mail": list(corpora), "river_sets": list(results)}
    return msgspec.json.format(msgspec.json.encode(everything), indent=1)


def _by_condition(degraded: Sequence[Degraded]) -> list[Degraded]:
    return sorted(degraded, key=lambda one: (list(CONDITIONS).index(one.condition), one.name == BOGOFILTER))


def _heads(part: str) -> list[str]:
    return [f"(1-AUC)%, {part}", *(f"recall at {_NAMES[rate]}, {part}" for rate in RATES)]


def _cells(worth: Worth | None) -> list[str]:
    if worth is None:
        return [_NONE] * (1 + len(RATES))
    low, high = worth.auc_error_interval
    recalls = [(worth.recall[rate], *worth.recall_interval[rate]) for rate in RATES]
    return [f"{worth.auc_error:.3f} [{low:.3f}, {high:.3f}]", *(f"{r:.1f} [{a:.1f}, {b:.1f}]" for r, a, b in recalls)]


def _fewer_cells(row: Row) -> list[str]:
    def fewer(one: Fewer) -> str:
        return _NONE if one.percent is None else f"{one.percent:.0f}% [{one.interval[0]:.0f}, {one.interval[1]:.0f}]"

    at = [row.fewer[rate] for rate in RATES]
    return [row.name, *(f"{one.missed} of {one.missed_by_bogofilter}" for one in at), *map(fewer, at)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.6f}"


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat()
