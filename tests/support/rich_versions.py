"""The rich kinds as an older and a newer release declare them, and what both declare alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.oracle import printed
from support.rich_kind import DEED, VISIT

from features.aggregations import Count, Decayed, Distance, Distinct, Elapsed, Elsewhere
from features.catalogue import catalogues
from features.kind import Kind


def changed(kind: Kind, without: set[str], **changes: dict[str, Any]) -> Kind:
    """In the opposite order, without some features, others changed (``account__rate`` is account.rate)."""
    features = [
        replace(f, **changes.get(f.name.replace(".", "__"), {}))
        for f in reversed(kind.features)
        if f.name not in without
    ]
    return replace(kind, features=tuple(features))


DEED_2 = changed(
    DEED,
    {"account.failures", "account.colours", "account.since_large_s", "origin.deeds", "everyone.deeds"},
    account__deeds={"windows": ("1m", "1h", "24h")},
    account__rate={"half_life": "2m"},
    account__failure_rate={"where": "not ok and missing(colour)"},
    account__tags={"cap": 3},
    account__distance_ok_km={"where": "not ok"},
    account__visits_1h={"feature": "account.visits_10m"},
)
DEED_2 = replace(
    DEED_2,
    features=(
        Elapsed("account.since_failure_s", "since the last failure", "not ok"),
        Distinct("account.origins", "origins", of="origin", windows=("10m", "1h"), cap=2),
        *DEED_2.features,
        Decayed("family.rate", "of a family", half_life="10m", window="1h"),
        Distance("origin.distance_km", "of an origin"),
        Elsewhere("account.visit_pages_10m", "new there", kind="visit", feature="account.pages_10m"),
    ),
)
VISIT_2 = changed(VISIT, {"account.burst", "account.since_ok_s"}, account__pages={"windows": ("10m", "1h"), "cap": 3})
VISIT_2 = replace(VISIT_2, features=(*VISIT_2.features, Count("page.visits", "visits", windows=("1m",))))
# What the new kinds read of each other has to be there.
DEED_2 = replace(
    DEED_2,
    features=tuple(
        f
        for f in DEED_2.features
        if f.name not in ("account.visit_burst", "account.since_ok_visit_s", "account.pages_24h")
    ),
)
VISIT_2 = replace(
    VISIT_2,
    features=tuple(
        f
        for f in VISIT_2.features
        if f.name not in ("account.deeds_30d", "account.deed_colours_1h", "account.since_large_s", "page.deeds_1h")
    ),
)
VERSIONS = (catalogues([DEED, VISIT]), catalogues([DEED_2, VISIT_2]))


def _shared() -> list[dict[str, Any]]:
    """What both versions define alike."""
    old, new = ({(i["kind"], i["name"]): dict(i) for c in v.values() for i in printed(c)} for v in VERSIONS)
    return [info for key, info in old.items() if new.get(key) == info]


SHARED = _shared()
