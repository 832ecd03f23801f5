"""transfer: money leaves a wallet. An example of a product of one's own: this one file is all that it needs."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import ip_address
from features.aggregations import (
    Age,
    Burst,
    Count,
    Decayed,
    Derived,
    Distinct,
    Elapsed,
    Elsewhere,
    Novelty,
    Share,
    Speed,
    Sum,
)
from features.kind import Account, Asn, Entity, Fields, Input, Ip, Kind, Lookup, number, text
from features.reference import Reference


class Transfer(Fields, frozen=True, kw_only=True):
    account: Account
    payee: Annotated[str, text(longest=34, least=5)]
    cents: Annotated[int, number(least=1, most=10**12)]
    currency: Literal["EUR", "USD"]
    ip: Ip | None = None
    asn: Asn | None = None
    latitude: Annotated[float, number(least=-90, most=90)] | None = None
    longitude: Annotated[float, number(least=-180, most=180)] | None = None
    note: Annotated[str, text(private=True, longest=1024)] | None = None


def iban_country(iban: str | None) -> str | None:
    """The country of an IBAN: its first two letters (ISO 13616)."""
    return iban[:2].upper() if iban and iban[:2].isalpha() else None


KIND = Kind(
    name="transfer",
    fields=Transfer,
    partition_key="account",
    inputs=(
        Input("payee_country", ("payee",), iban_country),
        Lookup("hosted", ("asn", "ip"), Reference.is_hosting),
    ),
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("payee", "payee", str.upper, horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
    ),
    features=(
        Count("account.transfers", "transfers of this account", windows=("1h", "24h")),
        Sum("account.cents", "money that left this account", of="cents", windows=("24h", "7d"), unit="cent"),
        Novelty("account.new_payee", "1 if this account has not paid this payee", of="payee"),
        Share("account.hosted_share", "transfers from rented servers, of all", where="hosted", windows=("7d",)),
        Distinct("account.payee_countries", "countries that money went to", of="payee_country", windows=("7d",)),
        Burst("account.burst", "transfers in the last hour against a usual hour of the week", short="1h", long="7d"),
        Speed("account.speed_kmh", "how fast the holder would have travelled since the last transfer"),
        Elapsed("account.idle_s", "seconds since this account's last transfer"),
        Distinct("payee.payers", "accounts that paid this payee", of="account", windows=("1h", "24h")),
        Decayed("payee.rate", "recent transfers to this payee", half_life="1h", window="24h"),
        Age("payee.age_s", "seconds since this payee was first paid"),
        Distinct("ip.accounts", "accounts that paid from this address", of="account", windows=("1h", "24h")),
        Elsewhere(
            "account.failed_logins_1h",
            "failed logins of this account in 1h",
            kind="login",
            feature="account.failures_1h",
        ),
        Elsewhere("ip.signups_24h", "signups from this address in 24h", kind="signup", feature="ip.signups_24h"),
        Derived("amount_cents", "money of this transfer", ("cents",), shape.amount, unit="cent"),
    ),
)
