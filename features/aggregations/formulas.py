"""The one place where stored integers become derived numbers: every store's readings go through here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from features.aggregations.state import FLAGS, NEW, NEWEST, OLDEST, Reading

EARTH_RADIUS_KM = 6371.0088
DEGREE = 10_000_000
LEAST_TRAVEL_S = 60


def elapsed_s(reading: Reading, time_ms: int, horizon_s: int) -> float:
    return horizon_s if reading[FLAGS] & NEW else max(0, time_ms - reading[NEWEST]) / 1000


def elapsed_since_s(reading: Reading, at: int, time_ms: int, horizon_s: int) -> float:
    """As ``elapsed_s``, since the event whose time the register at ``at`` holds."""
    return max(0, time_ms - reading[at + 1]) / 1000 if reading[at] else horizon_s


def age_s(reading: Reading, time_ms: int) -> float:
    return 0 if reading[FLAGS] & NEW else max(0, time_ms - reading[OLDEST]) / 1000


def share(part: int, whole: int) -> float:
    """0 of 0 is 0."""
    return part / whole if whole else 0.0


def burst(short: int, long: int, short_s: int, long_s: int) -> float:
    """The rate in the short window over that in the long one; 0 if nothing is in the long one."""
    return (short / short_s) / (long / long_s) if long else 0.0


def decayed(cells: Sequence[int], bucket_s: int, half_life_s: int) -> float:
    """The sum of cells, newest first, each halved for every half-life that its bucket lies behind the newest."""
    total = 0.0
    for age, cell in enumerate(cells):
        total += cell * 2.0 ** (-age * bucket_s / half_life_s)
    return total


def coordinate(degrees: float, least: int) -> int:
    """Degrees as a whole number of 1e-7 degrees above ``least``: what a register holds."""
    return round((round(degrees, 7) - least) * DEGREE)


def place(latitude: float | None, longitude: float | None) -> tuple[int, int]:
    """Both as a register holds them, (-1, -1) where one is unknown."""
    if latitude is None or longitude is None:
        return -1, -1
    return coordinate(latitude, -90), coordinate(longitude, -180)


def distance_km(reading: Reading, at: int, latitude: float | None, longitude: float | None) -> float:
    """Great-circle distance (haversine) from the place in the register at ``at``; 0 where one is unknown.

    R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984); mean radius of the earth by IUGG.
    """
    if not reading[at] or latitude is None or longitude is None:
        return 0.0
    here, across_here = _radians(coordinate(latitude, -90), -90), _radians(coordinate(longitude, -180), -180)
    there, across_there = _radians(reading[at + 2], -90), _radians(reading[at + 3], -180)
    half = (
        math.sin((there - here) / 2) ** 2
        + math.cos(here) * math.cos(there) * math.sin((across_there - across_here) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def _radians(held: int, least: int) -> float:
    """Of the very number of degrees, to seven decimals, from which ``coordinate`` made what is held."""
    return math.radians(round(held / DEGREE + least, 7))


def speed_kmh(travelled_km: float, then_ms: int, time_ms: int) -> float:
    """A distance over the time that it took, of which at least a minute is taken."""
    if not travelled_km:
        return 0.0
    return travelled_km / (max(LEAST_TRAVEL_S, abs(time_ms - then_ms) / 1000) / 3600)


def login_risk(groups: Sequence[Sequence[tuple[float, int, int, int, int] | None]]) -> float:
    """The logarithm of how much likelier the event's values are among all accounts than for this account.

    ``groups`` holds, for each group of values that belong together, (weight, count among all, all counts among all,
    count for this account, all counts of this account) of each value, None for one that the event does not have.
    Within a group probabilities are mixed by weight; groups are taken as independent. The account's own probability
    is smoothed towards that among all as if it had one more event. Positive: unlike this account. 0: nothing known.

    D. Freeman, S. Jain, M. Dürmuth, B. Biggio, G. Giacinto: Who Are You? A Statistical Approach to Measuring User
    Authenticity, NDSS 2016; parts and weights after S. Wiefling, P. R. Jørgensen, S. Thunem, L. Lo Iacono: Pump Up
    Password Security!, ACM TOPS 2022.
    """
    risk = 0.0
    for group in groups:
        among_all = own = 0.0
        for part in group:
            if part is not None:
                weight, common, everything, count, counts = part
                # One imagined event is added, so that nothing is impossible.
                probability = (common + 1) / (everything + 1)
                among_all += weight * probability
                own += weight * ((count + probability) / (counts + 1))
        if own:
            risk += math.log(among_all / own)
    return risk
