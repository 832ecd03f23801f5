"""login: somebody tries to enter an account."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import ip_address, subnet
from features.aggregations import Age, Count, Derived, Distinct, Elapsed, Novelty
from features.kind import Account, Asn, Country, Device, Entity, Fields, Ip, Kind, UserAgent, number, text


class Login(Fields, frozen=True, kw_only=True):
    account: Account
    success: bool
    ip: Ip | None = None
    device: Device | None = None
    user_agent: UserAgent | None = None
    country: Country | None = None
    asn: Asn | None = None
    latitude: Annotated[float, number(ecs="source.geo.location.lat", least=-90, most=90)] | None = None
    longitude: Annotated[float, number(ecs="source.geo.location.lon", least=-180, most=180)] | None = None
    method: Literal["", "password", "passkey", "otp", "oauth", "app_password", "recovery"] | None = None
    failure_reason: Annotated[str, text(ecs="event.reason", longest=128)] | None = None


KIND = Kind(
    name="login",
    fields=Login,
    partition_key="account",
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("device", "device", horizon="30d"),
    ),
    features=(
        Count("account.logins", "logins of this account", windows=("10m", "1h", "24h")),
        Count(
            "account.failures",
            "failed logins of this account",
            windows=("10m", "1h", "24h"),
            where="not success",
        ),
        Distinct("account.ips", "addresses that tried this account", of="ip", windows=("1h", "24h", "7d")),
        Distinct(
            "account.countries",
            "countries that tried this account",
            of="country",
            windows=("1h", "24h", "7d"),
        ),
        Distinct("account.devices", "devices that tried this account", of="device", windows=("24h", "7d")),
        Novelty("account.new_device", "1 if this account has not seen this device", of="device", windows=("24h",)),
        Novelty("account.new_country", "1 if this account has not seen this country", of="country"),
        Elapsed("account.idle_s", "seconds since this account's last login; its horizon if none is known"),
        Age("account.age_s", "seconds since this account's first login known here"),
        Count("ip.logins", "logins from this address", windows=("10m", "1h", "24h")),
        Count(
            "ip.failures",
            "failed logins from this address",
            windows=("10m", "1h", "24h"),
            where="not success",
        ),
        Distinct("ip.accounts", "accounts tried from this address", of="account", windows=("10m", "1h", "24h")),
        Count("subnet.logins", "logins from this subnet", windows=("1h", "24h")),
        Count("subnet.failures", "failed logins from this subnet", windows=("1h", "24h"), where="not success"),
        Distinct("subnet.accounts", "accounts tried from this subnet", of="account", windows=("1h", "24h")),
        Distinct("device.accounts", "accounts tried with this device", of="account", windows=("1h", "24h", "7d")),
        Count("device.failures", "failed logins with this device", windows=("1h", "24h"), where="not success"),
        Derived("succeeded", "1 if the login succeeded", ("success",), shape.flag, most=1),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
    ),
)
