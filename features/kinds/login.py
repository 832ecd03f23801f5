"""login: somebody tries to enter an account."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import ip_address, subnet
from features.aggregations import (
    Age,
    Burst,
    Count,
    Derived,
    Distance,
    Distinct,
    Elapsed,
    Elsewhere,
    LoginRisk,
    Novelty,
    Part,
    Share,
    Speed,
)
from features.entity import everyone
from features.kind import Account, Asn, Country, Device, Entity, Fields, Ip, Kind, Lookup, UserAgent, number, text
from features.reference import Reference


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


FAILED = "not success"
# What identity providers call a try at an account that does not exist.
NO_ACCOUNT = "failure_reason in ['no_such_account', 'unknown_user', 'user_not_found', 'invalid_user']"

KIND = Kind(
    name="login",
    fields=Login,
    partition_key="account",
    inputs=(
        Lookup("network", ("asn", "ip"), Reference.network),
        Lookup("hosting", ("asn", "ip"), Reference.is_hosting),
        Lookup("tor", ("ip",), Reference.is_tor),
        Lookup("agent", ("user_agent",), Reference.agent),
        Lookup("browser", ("user_agent",), Reference.browser),
        Lookup("device_type", ("user_agent",), Reference.device_type),
    ),
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("device", "device", horizon="30d"),
        Entity("asn", "network", horizon="7d"),
        Entity("agent", "agent", horizon="7d"),
        Entity("everyone", "account", everyone, horizon="7d"),
    ),
    features=(
        Count("account.logins", "logins of this account", windows=("10m", "1h", "24h")),
        Count("account.failures", "failed logins of this account", windows=("10m", "1h", "24h"), where=FAILED),
        Distinct("account.ips", "addresses that tried this account", of="ip", windows=("1h", "24h", "7d")),
        Distinct("account.countries", "countries that tried this account", of="country", windows=("1h", "24h", "7d")),
        Distinct("account.devices", "devices that tried this account", of="device", windows=("24h", "7d")),
        Novelty("account.new_device", "1 if this account has not seen this device", of="device", windows=("24h",)),
        Novelty("account.new_country", "1 if this account has not seen this country", of="country"),
        LoginRisk(
            "account.risk",
            "how much likelier address, network, country and user agent are for others than for this one (log)",
            # The finer a part, the more it weighs where it agrees, as in Wiefling et al.
            groups=(
                (Part("ip", 0.6, "ip"), Part("network", 0.3, "asn"), Part("country", 0.1)),
                (Part("browser", 0.6), Part("agent", 0.4, "agent")),
            ),
            where="success",
        ),
        Distance(
            "account.distance_km",
            "kilometres from the place of this account's last successful login",
            where="success",
        ),
        Speed("account.speed_kmh", "speed that somebody would need to get here from that place", where="success"),
        Burst("account.burst", "rate of logins of this account in 10m over that in 24h; 1 is as usual"),
        Elapsed("account.idle_s", "seconds since this account's last login; its horizon if none is known"),
        Elapsed(
            "account.since_success_s",
            "seconds since the last successful login of this account; its horizon if none is known",
            "success",
        ),
        Age("account.age_s", "seconds since this account's first login known here"),
        Elsewhere(
            "account.since_signup_s",
            "seconds since this account signed up; 30 days if that is not known",
            kind="signup",
            feature="account.idle_s",
        ),
        Count("ip.logins", "logins from this address", windows=("10m", "1h", "24h")),
        Count("ip.failures", "failed logins from this address", windows=("10m", "1h", "24h"), where=FAILED),
        Distinct("ip.accounts", "accounts tried from this address", of="account", windows=("10m", "1h", "24h")),
        Share("ip.failure_share", "share of failed logins from this address", FAILED, windows=("24h",)),
        Share(
            "ip.unknown_share",
            "share of tries from this address at accounts that do not exist",
            NO_ACCOUNT,
            windows=("24h",),
        ),
        Elapsed("ip.idle_s", "seconds since the last login from this address; its horizon if none is known"),
        Elsewhere(
            "ip.signups_24h",
            "signups from this address in 24h",
            kind="signup",
            feature="ip.signups_24h",
        ),
        Elsewhere(
            "ip.signup_unsolved_share_24h",
            "share of signups from this address without a solved captcha in 24h",
            kind="signup",
            feature="ip.unsolved_share_24h",
        ),
        Count("subnet.logins", "logins from this subnet", windows=("1h", "24h")),
        Count("subnet.failures", "failed logins from this subnet", windows=("1h", "24h"), where=FAILED),
        Distinct("subnet.accounts", "accounts tried from this subnet", of="account", windows=("1h", "24h")),
        Distinct("device.accounts", "accounts tried with this device", of="account", windows=("1h", "24h", "7d")),
        Count("device.failures", "failed logins with this device", windows=("1h", "24h"), where=FAILED),
        Age("device.age_s", "seconds since the first login with this device"),
        Count("asn.logins", "logins from this network", windows=("1h",)),
        Share("asn.failure_share", "share of failed logins from this network", FAILED, windows=("1h",)),
        Share("agent.failure_share", "share of failed logins with this browser and system", FAILED, windows=("1h",)),
        Share("everyone.failure_share", "share of failed logins of all", FAILED, windows=("1h",)),
        Burst(
            "everyone.failure_burst",
            "rate of failed logins of all in 10m over that in 24h; 1 is as usual",
            where=FAILED,
        ),
        Derived("succeeded", "1 if the login succeeded", ("success",), shape.flag, most=1),
        Derived(
            "phishable",
            "1 for a password, a code or a recovery, which can be talked out of somebody",
            ("method",),
            shape.is_phishable,
            most=1,
        ),
        Derived("agent_missing", "1 without a user agent", ("user_agent",), shape.empty, default=1, most=1),
        Derived("program", "1 if the user agent is a program's", ("device_type",), shape.is_program, most=1),
        Derived(
            "handheld",
            "1 if the user agent is a telephone's or tablet's",
            ("device_type",),
            shape.is_handheld,
            most=1,
        ),
        Derived("from_hosting", "1 if the address is a rented server's", ("hosting",), shape.flag, most=1),
        Derived("from_tor", "1 if the address is a Tor exit", ("tor",), shape.flag, most=1),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
        Derived("night", "1 between 0 and 5 h by the sun there", ("time_ms", "longitude"), shape.is_night, most=1),
    ),
)
