"""transfer: money leaves a wallet. An example of a product of one's own: this one file is all that it needs."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import ip_address
from features.aggregations import Age, Count, Derived, Distinct, Novelty, Sum
from features.kind import Account, Entity, Fields, Ip, Kind, number, text


class Transfer(Fields, frozen=True, kw_only=True):
    account: Account
    payee: Annotated[str, text(longest=128, least=1)]
    cents: Annotated[int, number(least=1, most=10**12)]
    currency: Literal["EUR", "USD"]
    ip: Ip | None = None
    note: Annotated[str, text(private=True, longest=1024)] | None = None


KIND = Kind(
    name="transfer",
    fields=Transfer,
    partition_key="account",
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("payee", "payee", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
    ),
    features=(
        Count("account.transfers", "transfers of this account", windows=("1h", "24h")),
        Sum("account.cents", "money that left this account, in cents", of="cents", windows=("1h", "24h")),
        Novelty("account.new_payee", "1 if this account has not paid this payee", of="payee"),
        Distinct("payee.payers", "accounts that paid this payee", of="account", windows=("1h", "24h")),
        Age("payee.age_s", "seconds since this payee was first paid"),
        Distinct("ip.accounts", "accounts that paid from this address", of="account", windows=("1h", "24h")),
        Derived("amount_cents", "money of this transfer, in cents", ("cents",), shape.amount),
    ),
)
