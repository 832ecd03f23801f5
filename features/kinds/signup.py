"""signup: somebody opens an account."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import email_domain, ip_address, subnet
from features.aggregations import Age, Count, Derived, Distinct
from features.kind import Account, Asn, Country, Device, Entity, Fields, Ip, Kind, UserAgent, number, text


class Signup(Fields, frozen=True, kw_only=True):
    account: Account
    ip: Ip
    device: Device | None = None
    user_agent: UserAgent | None = None
    username: Annotated[str, text(ecs="user.name", longest=256)] | None = None
    recovery_email: Annotated[str, text(longest=512)] | None = None
    country: Country | None = None
    asn: Asn | None = None
    referrer: Annotated[str, text(ecs="http.request.referrer")] | None = None
    form_seconds: Annotated[float, number(least=0, most=1e9)] | None = None
    captcha: Literal["", "passed", "failed", "skipped"] | None = None
    invited_by: Annotated[str, text(longest=512)] | None = None
    payment: Literal["", "none", "card", "other"] | None = None


KIND = Kind(
    name="signup",
    fields=Signup,
    partition_key="ip",
    entities=(
        Entity("account", "account", horizon="7d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("device", "device", horizon="30d"),
        Entity("domain", "recovery_email", email_domain, horizon="7d"),
    ),
    features=(
        Count("ip.signups", "signups from this address", windows=("10m", "1h", "24h")),
        Distinct("ip.devices", "devices that signed up from this address", of="device", windows=("1h", "24h")),
        Age("ip.age_s", "seconds since the first signup from this address"),
        Count("subnet.signups", "signups from this subnet", windows=("1h", "24h")),
        Distinct("subnet.ips", "addresses in this subnet that signed up", of="ip", windows=("1h", "24h")),
        Count("device.signups", "signups with this device", windows=("1h", "24h", "7d")),
        Distinct("device.ips", "addresses from which this device signed up", of="ip", windows=("24h", "7d")),
        Count("domain.signups", "signups with a recovery address in this domain", windows=("1h", "24h")),
        Distinct("domain.ips", "addresses that used this recovery domain", of="ip", windows=("1h", "24h")),
        Count("account.signups", "signups of this very account", windows=("24h",)),
        Derived("username_digit_share", "digits in the username", ("username",), shape.digit_share, most=1),
        Derived(
            "username_entropy",
            "entropy of the username",
            ("username",),
            shape.entropy_bits,
            unit="bit",
            most=21,
        ),
        Derived("username_length", "characters in the username", ("username",), shape.length),
        Derived(
            "form_time_s",
            "seconds to fill the form; a minute if unknown",
            ("form_seconds",),
            shape.amount,
            default=60,
            unit="s",
        ),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
    ),
)
