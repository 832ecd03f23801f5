"""signup: somebody opens an account."""

from __future__ import annotations

from typing import Annotated, Literal

from features import shape
from features.address import email_domain, ip_address, subnet
from features.aggregations import Age, Burst, Count, Decayed, Derived, Distinct, Elapsed, Elsewhere, Share
from features.entity import everyone
from features.kind import (
    Account,
    Asn,
    Country,
    Device,
    Entity,
    Fields,
    Input,
    Ip,
    Kind,
    Lookup,
    UserAgent,
    number,
    text,
)
from features.mailbox import normalised_mailbox
from features.reference import Reference


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


UNSOLVED = "captcha in ['failed', 'skipped']"

KIND = Kind(
    name="signup",
    fields=Signup,
    partition_key="ip",
    inputs=(
        Lookup("network", ("asn", "ip"), Reference.network),
        Lookup("hosting", ("asn", "ip"), Reference.is_hosting),
        Lookup("tor", ("ip",), Reference.is_tor),
        Lookup("agent", ("user_agent",), Reference.agent),
        Lookup("device_type", ("user_agent",), Reference.device_type),
        Lookup("disposable", ("recovery_email",), Reference.is_disposable),
        Input("recovery_mailbox", ("recovery_email",), normalised_mailbox),
        Input("name_pattern", ("username",), shape.name_pattern),
    ),
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("asn", "network", horizon="7d"),
        Entity("device", "device", horizon="30d"),
        Entity("agent", "agent", horizon="7d"),
        Entity("domain", "recovery_email", email_domain, horizon="30d"),
        Entity("recovery", "recovery_mailbox", horizon="30d"),
        Entity("inviter", "invited_by", horizon="30d"),
        Entity("everyone", "ip", everyone, horizon="7d"),
    ),
    features=(
        Count("account.signups", "signups of this very account", windows=("24h",)),
        Elapsed("account.idle_s", "seconds since this account signed up; its horizon if that is not known"),
        Count("ip.signups", "signups from this address", windows=("10m", "1h", "24h")),
        Decayed(
            "ip.signup_rate",
            "signups from this address in 24h, each halved for every 6 hours that it is old",
            half_life="6h",
        ),
        Distinct("ip.devices", "devices that signed up from this address", of="device", windows=("1h", "24h")),
        Distinct(
            "ip.name_patterns",
            "patterns of usernames (letters as A, digits as 9) from this address",
            of="name_pattern",
            windows=("24h",),
        ),
        Share(
            "ip.unsolved_share",
            "share of signups from this address without a solved captcha",
            UNSOLVED,
            windows=("24h",),
        ),
        Age("ip.age_s", "seconds since the first signup from this address"),
        Elsewhere(
            "ip.login_failures_24h",
            "failed logins from this address in 24h",
            kind="login",
            feature="ip.failures_24h",
        ),
        Elsewhere(
            "ip.login_accounts_24h",
            "accounts that this address tried to enter in 24h",
            kind="login",
            feature="ip.accounts_24h",
        ),
        Count("subnet.signups", "signups from this subnet", windows=("1h", "24h")),
        Distinct("subnet.ips", "addresses in this subnet that signed up", of="ip", windows=("1h", "24h")),
        Distinct("subnet.devices", "devices that signed up from this subnet", of="device", windows=("24h",)),
        Share(
            "subnet.disposable_share",
            "share of signups from this subnet with throw-away addresses",
            "disposable",
            ("24h",),
        ),
        Count("asn.signups", "signups from this network", windows=("1h",)),
        Burst("asn.burst", "rate of signups from this network in 1h over that in 24h; 1 is as usual", short="1h"),
        Count("device.signups", "signups with this device", windows=("1h", "24h", "7d")),
        Distinct("device.ips", "addresses from which this device signed up", of="ip", windows=("24h", "7d")),
        Age("device.age_s", "seconds since the first signup with this device"),
        Burst(
            "agent.burst",
            "rate of signups with this browser and system in 1h over that in 24h; 1 is as usual",
            short="1h",
        ),
        Share(
            "agent.unsolved_share",
            "share of signups with this browser and system without a solved captcha",
            UNSOLVED,
            ("1h",),
        ),
        Count("domain.signups", "signups with a recovery address in this domain", windows=("1h", "24h")),
        Distinct("domain.ips", "addresses that used this recovery domain", of="ip", windows=("1h", "24h")),
        Burst(
            "domain.burst",
            "rate of signups with this recovery domain in 1h over that in 24h; 1 is as usual",
            short="1h",
        ),
        Age("domain.age_s", "seconds since the first signup with this recovery domain"),
        Count("recovery.signups", "signups with this recovery mailbox", windows=("24h", "30d")),
        Distinct(
            "recovery.spellings",
            "spellings of this recovery mailbox (tags, dots, case)",
            of="recovery_email",
            windows=("30d",),
        ),
        Distinct("recovery.ips", "addresses that used this recovery mailbox", of="ip", windows=("30d",)),
        Count("inviter.signups", "signups that this account invited", windows=("24h", "7d")),
        Distinct("inviter.ips", "addresses of those whom this account invited", of="ip", windows=("7d",)),
        Burst("everyone.burst", "rate of all signups in 10m over that in 24h; 1 is as usual"),
        Share("everyone.unsolved_share", "share of all signups without a solved captcha", UNSOLVED, windows=("1h",)),
        Derived("username_length", "characters in the username", ("username",), shape.length),
        Derived("username_digit_share", "share of digits in the username", ("username",), shape.digit_share, most=1),
        Derived(
            "username_longest_digits", "longest run of digits in the username", ("username",), shape.longest_digits
        ),
        Derived(
            "username_longest_consonants",
            "longest run of consonants in the username",
            ("username",),
            shape.longest_consonants,
        ),
        Derived(
            "username_alternations",
            "how often a letter stands beside a digit in the username",
            ("username",),
            shape.alternations,
        ),
        Derived(
            "username_entropy",
            "entropy of the username's characters",
            ("username",),
            shape.entropy_bits,
            unit="bit",
            most=21,
        ),
        Derived(
            "username_disguised",
            "1 if the username mixes scripts or hides characters",
            ("username",),
            shape.is_disguised,
            most=1,
        ),
        Derived(
            "username_likeness",
            "share of pairs of letters that the username and the recovery address have in common",
            ("username", "recovery_email"),
            shape.likeness,
            most=1,
        ),
        Derived(
            "recovery_missing", "1 without a recovery address", ("recovery_email",), shape.empty, default=1, most=1
        ),
        Derived(
            "recovery_tagged", "1 if the recovery address has a tag", ("recovery_email",), shape.is_tagged, most=1
        ),
        Derived(
            "recovery_disposable",
            "1 if the recovery address is a throw-away address",
            ("disposable",),
            shape.flag,
            most=1,
        ),
        Derived(
            "form_time_s",
            "seconds to fill the form; a minute if unknown",
            ("form_seconds",),
            shape.amount,
            default=60,
            unit="s",
        ),
        Derived(
            "captcha_unsolved", "1 if the captcha was failed or skipped", ("captcha",), shape.is_unsolved, most=1
        ),
        Derived("referrer_missing", "1 without a referrer", ("referrer",), shape.empty, default=1, most=1),
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
        Derived("paid", "1 if a means of payment was given", ("payment",), shape.is_paid, most=1),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
        Derived("night", "1 between 0 and 5 h UTC", ("time_ms",), shape.is_night, most=1),
    ),
)
