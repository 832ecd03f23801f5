"""Made-up decisions of one kind, with a day's and a week's rhythm; whatever changes does so from a moment on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.drift import Alarm, Watch

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# A Monday, 00:00 UTC.
START_MS = 1_767_571_200_000
NAMES = ("ip.logins_1h", "account.age_s", "new_device", "amount", "everyone.logins_24h", "hour_of_week")
_DAY = (6, 4, 3, 2, 2, 4, 10, 22, 38, 46, 48, 46, 44, 46, 46, 44, 42, 40, 42, 46, 48, 42, 28, 14)
MODEL, OTHER = "login.logistic", "login.halfspace"


@dataclass(slots=True)
class Decided:
    """A decision; ``abuse``: what a label will say, None where nobody finds out."""

    time_ms: int
    row: list[float]
    scores: dict[str, float]
    action: str
    id: str
    abuse: bool | None


Change = Callable[[Decided, np.random.Generator], None]


def traffic(days: float, seed: int = 0, per_hour: float = 60, rhythm: bool = True) -> Iterator[Decided]:
    """Stationary: counts follow the volume, ages and windows fill from an empty store on, weekends are quiet."""
    rng = np.random.default_rng(seed)
    last_day: list[int] = []
    number = 0
    for hour in range(int(days * 24)):
        lively = _DAY[hour % 24] / 27 * (0.6 if hour // 24 % 7 >= 5 else 1.0) if rhythm else 1.0
        events = int(rng.poisson(per_hour * lively))
        last_day = [*last_day[-23:], events]
        for offset in np.sort(rng.integers(0, HOUR_MS, events)).tolist():
            number += 1
            abuse = bool(rng.random() < 0.1)
            age_s = float(rng.random() * hour * 3600)
            score = float(rng.beta(8, 2) if abuse else rng.beta(1, 9))
            yield Decided(
                START_MS + hour * HOUR_MS + offset,
                [
                    float(rng.poisson(4 * lively) + 1),
                    age_s,
                    float(rng.random() < 0.1),
                    float(rng.lognormal(3, 1.5)),
                    float(sum(last_day)),
                    float(hour % 168),
                ],
                {MODEL: score, OTHER: float(rng.beta(2, 2))},
                "block" if rng.random() < 0.05 else "allow",
                f"{seed}-{number}",
                abuse if rng.random() < 0.5 else None,
            )


def after(days: float, change: Change) -> Change:
    """The change, from that day on."""

    def changed(one: Decided, rng: np.random.Generator) -> None:
        if one.time_ms >= START_MS + days * DAY_MS:
            change(one, rng)

    return changed


def watch_over(watch: Watch, stream: Iterator[Decided], change: Change | None = None) -> list[Alarm]:
    """Give the watch all of it; every alarm that rose, as it first stood."""
    rng = np.random.default_rng(99)
    raised: dict[tuple[str, str | None, int], Alarm] = {}
    for one in stream:
        if change is not None:
            change(one, rng)
        tell(watch, one)
        for alarm in watch.alarms():
            raised.setdefault((alarm.what, alarm.model, alarm.since_ms), alarm)
    return list(raised.values())


def tell(watch: Watch, one: Decided) -> None:
    watch.on_decision(one.time_ms, one.row, one.scores, one.action, one.id)
    if one.abuse is not None:
        for model, score in one.scores.items():
            watch.on_label(one.time_ms, model, score, one.abuse)


def times_e(at: int, power: float = 1.0) -> Change:
    """A feature is multiplied."""

    def change(one: Decided, _rng: np.random.Generator) -> None:
        one.row[at] *= math.exp(power)

    return change
