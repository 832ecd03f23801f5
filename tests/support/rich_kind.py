"""Two kinds made for tests: between them they use every aggregation, and each reads what the other left."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from features.aggregations import (
    Age,
    Burst,
    Count,
    Decayed,
    Distance,
    Distinct,
    Elapsed,
    Elsewhere,
    LoginRisk,
    Novelty,
    Part,
    Share,
    Speed,
    Sum,
)
from features.catalogue import catalogues
from features.entity import everyone
from features.event import Event, EventDecoder, to_rfc3339
from features.kind import Account, Entity, Fields, Input, Kind, number, text


class Deed(Fields, frozen=True, kw_only=True):
    account: Account
    ok: bool
    origin: str = ""
    colour: Annotated[str, text()] | None = None
    amount: Annotated[int, number(least=-(2**40), most=2**40)] | None = None
    latitude: Annotated[float, number(least=-90, most=90)] | None = None
    longitude: Annotated[float, number(least=-180, most=180)] | None = None
    tags: list[str] | None = None


class Visit(Fields, frozen=True, kw_only=True):
    account: Account
    ok: bool
    page: Annotated[str, text()] | None = None
    amount: Annotated[int, number(least=-100, most=100)] | None = None


def first_part(colour: str | None) -> str | None:
    return None if colour is None else colour.partition("-")[0]


def size(amount: int | None) -> int | None:
    return None if amount is None else abs(amount) // 10


def is_large(amount: int | None) -> bool | None:
    return None if amount is None else amount > 10


def shouted(account: str) -> str | None:
    return account.upper() if account.isascii() else None


DEED = Kind(
    name="deed",
    fields=Deed,
    partition_key="account",
    inputs=(
        Input("family", ("colour",), first_part),
        Input("size", ("amount",), size),
        Input("large", ("amount",), is_large),
    ),
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("family", "family", horizon="1d"),
        Entity("origin", "origin", shouted, horizon="2h"),
        Entity("amount", "amount", horizon="10m"),
        Entity("size", "size", horizon="2d"),
        Entity("unused", "colour"),
        Entity("everyone", "account", everyone, horizon="7d"),
    ),
    features=(
        Count("account.deeds", "deeds", windows=("1m", "1h", "30d")),
        Count("account.failures", "failures", windows=("1m", "1h"), where="not ok"),
        Count("account.large", "large ones", windows=("1h",), where="large or length(family) > 3"),
        Sum("account.amount", "amounts", of="amount", windows=("1m", "24h", "30d")),
        Sum("account.amount_ok", "amounts of what went well", of="amount", windows=("1h",), where="ok"),
        Share("account.large_share", "large ones of all", "large", windows=("1m", "1h")),
        Share("account.plain_share", "without a colour", "missing(colour)", windows=("7d",)),
        Burst("account.burst", "deeds in 1m against 1h", short="1m", long="1h"),
        Burst("account.failure_burst", "failures in 10m against 30d", short="10m", long="30d", where="not ok"),
        Decayed("account.rate", "recent deeds", half_life="1m", window="1h"),
        Decayed("account.failure_rate", "recent failures", half_life="7m", window="24h", where="not ok"),
        Distinct("account.colours", "colours", of="colour", windows=("1m", "1h", "24h"), cap=3),
        Distinct("account.tags", "lists of tags", of="tags", windows=("10m",), cap=2, where="not ok"),
        Distinct("account.larges", "large or not", of="large", windows=("1h", "7d"), cap=1),
        Novelty("account.new_colour", "a new colour", of="colour", windows=("1m",), cap=3),
        Novelty("account.new_size", "a new size", of="size", windows=("30d",), cap=2, where="ok"),
        Elapsed("account.idle_s", "since the last deed"),
        Elapsed("account.since_large_s", "since the last large one", "large"),
        Age("account.age_s", "since the first deed"),
        Distance("account.distance_km", "from the last place"),
        Distance("account.distance_ok_km", "from the last place of what went well", where="ok"),
        Speed("account.speed_kmh", "from there", where="ok"),
        LoginRisk(
            "account.risk",
            "how unlike the account",
            groups=(
                (Part("colour", 0.6), Part("family", 0.3, "family"), Part("size", 0.1, "size")),
                (Part("origin", 1, "origin"), Part("large", 0.7)),
            ),
            where="ok",
            window="1h",
            cap=2,
            cap_among=3,
        ),
        Elsewhere("account.visits_1h", "visits", kind="visit", feature="account.visits_1h"),
        Elsewhere("account.visit_share_1h", "good ones", kind="visit", feature="account.ok_share_1h"),
        Elsewhere("account.pages_24h", "pages", kind="visit", feature="account.pages_24h"),
        Elsewhere("account.since_visit_s", "since", kind="visit", feature="account.idle_s"),
        Elsewhere("account.since_ok_visit_s", "since a good one", kind="visit", feature="account.since_ok_s"),
        Elsewhere("account.visit_rate", "recent ones", kind="visit", feature="account.rate"),
        Elsewhere("account.visit_burst", "burst", kind="visit", feature="account.burst"),
        Elsewhere("account.visit_amount_1h", "amounts there", kind="visit", feature="account.amount_1h"),
        Elsewhere("account.visitor_age_s", "since the first", kind="visit", feature="account.age_s"),
        Elsewhere("family.visits_10m", "of the account of this name", kind="visit", feature="account.visits_10m"),
        Count("origin.deeds", "deeds", windows=("1h",)),
        Distinct("origin.accounts", "accounts", of="account", windows=("10m", "1h"), cap=2),
        Elapsed("amount.idle_s", "since this very amount"),
        Age("amount.age_s", "since this very amount was first there"),
        Count("everyone.deeds", "deeds of all", windows=("10m", "7d")),
        Share("everyone.failure_share", "failures of all", "not ok", windows=("24h",)),
    ),
)

VISIT = Kind(
    name="visit",
    fields=Visit,
    partition_key="account",
    entities=(Entity("account", "account", horizon="3d"), Entity("page", "page", horizon="3h")),
    features=(
        Count("account.visits", "visits", windows=("10m", "1h")),
        Share("account.ok_share", "good ones", "ok", windows=("1h",)),
        Distinct("account.pages", "pages", of="page", windows=("1h", "24h"), cap=2),
        Novelty("account.new_page", "a new page", of="page", cap=2),
        Elapsed("account.idle_s", "since the last visit"),
        Elapsed("account.since_ok_s", "since the last good one", "ok"),
        Age("account.age_s", "since the first"),
        Decayed("account.rate", "recent visits", half_life="10m", window="1h"),
        Burst("account.burst", "visits in 10m against 24h"),
        Sum("account.amount", "amounts", of="amount", windows=("1h",)),
        Elsewhere("account.deeds_30d", "deeds", kind="deed", feature="account.deeds_30d"),
        Elsewhere("account.deed_amount_24h", "amounts", kind="deed", feature="account.amount_24h"),
        Elsewhere("account.deed_colours_1h", "colours", kind="deed", feature="account.colours_1h"),
        Elsewhere("account.since_large_s", "since a large one", kind="deed", feature="account.since_large_s"),
        Elsewhere("page.deeds_1h", "of the origin of this name", kind="deed", feature="origin.deeds_1h"),
    ),
)

RICH = {kind.name: kind for kind in (DEED, VISIT)}
RICH_CATALOGUES = catalogues(list(RICH.values()))
_DECODERS = {name: EventDecoder(kind, 131_072, 300) for name, kind in RICH.items()}


def rich_event(kind: str, event_id: str, time_ms: int, **data: Any) -> Event:
    """An event of one of these kinds, through the door that every record takes."""
    return _DECODERS[kind].decode(
        msgspec.json.encode(
            {
                "specversion": "1.0",
                "id": event_id,
                "source": "test",
                "type": kind,
                "time": to_rfc3339(time_ms),
                "data": {"account": "ada", "ok": True, **data},
            }
        )
    )
