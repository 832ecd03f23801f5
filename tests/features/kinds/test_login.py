"""What a login's vector tells about guessing, taking over, and where somebody was before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.events import REFERENCE, T0, event
from support.story import told

from features.address import packed_ip
from features.event import Event

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Mobile/15E148 Safari/604.1"
)
HOME: dict[str, Any] = {
    "ip": "198.51.100.7",
    "asn": 64496,
    "country": "DE",
    "user_agent": FIREFOX,
    "device": "own",
    "latitude": 52.5,
    "longitude": 13.4,
}
AWAY: dict[str, Any] = {
    "ip": "203.0.113.9",
    "asn": 64500,
    "country": "BR",
    "user_agent": SAFARI,
    "device": "other",
    "latitude": -23.6,
    "longitude": -46.6,
}


def login(number: int, time_ms: int, **data: Any) -> Event:
    return event("login", f"l{number}", time_ms, **data)


def test_travel_is_measured_from_the_last_successful_login() -> None:
    first, failed, second = told(
        login(1, T0, **HOME),
        login(2, T0 + HOUR_MS, **AWAY, success=False),
        login(3, T0 + 2 * HOUR_MS, **AWAY),
    )
    assert (first["account.distance_km"], first["account.speed_kmh"]) == (0, 0)
    assert 10_100 < failed["account.distance_km"] < 10_300
    assert second["account.distance_km"] == failed["account.distance_km"]
    assert second["account.speed_kmh"] == failed["account.speed_kmh"] / 2 > 5000


def test_risk_rises_with_everything_that_others_have_and_the_account_has_not() -> None:
    own = [login(i, T0 + i * HOUR_MS, account="ada", **HOME) for i in range(20)]
    others = [login(100 + i, T0 + i * HOUR_MS + 1, account=f"b{i}", **AWAY) for i in range(20)]
    story = sorted([*own, *others], key=lambda one: one.time_ms)
    now_ms = T0 + 20 * HOUR_MS
    as_ever = told(*story, login(900, now_ms, account="ada", **HOME))[-1]["account.risk"]
    new_agent = told(*story, login(900, now_ms, account="ada", **{**HOME, "user_agent": SAFARI}))[-1]["account.risk"]
    stranger = told(*story, login(900, now_ms, account="ada", **AWAY))[-1]["account.risk"]
    assert as_ever < 0 < new_agent < stranger
    assert stranger > 3


def test_failures_teach_an_account_nothing() -> None:
    story = [login(i, T0 + i * MINUTE_MS, **HOME) for i in range(5)]
    tries = [login(10 + i, T0 + HOUR_MS + i * MINUTE_MS, **AWAY, success=False) for i in range(10)]
    vectors = told(*story, *tries)
    assert vectors[-1]["account.risk"] == vectors[5]["account.risk"]
    assert vectors[-1]["account.since_success_s"] == 65 * 60


def test_a_list_of_accounts_that_do_not_exist_stands_out() -> None:
    tries = [
        login(i, T0 + i * 1000, account=f"a{i}", success=False, failure_reason="no_such_account", **HOME)
        for i in range(8)
    ]
    wrong = [login(10 + i, T0 + 9000, success=False, failure_reason="bad_password", **HOME) for i in range(2)]
    last = told(*tries, *wrong)[-1]
    assert last["ip.unknown_share_24h"] == 0.8
    assert last["ip.failure_share_24h"] == last["asn.failure_share_1h"] == last["everyone.failure_share_1h"] == 1
    assert (last["ip.accounts_24h"], last["asn.logins_1h"]) == (9, 10)


def test_a_wave_of_failures_shows_in_everybodys_vector() -> None:
    usual = [login(i, T0 + i * HOUR_MS, account=f"a{i}", success=i % 10 != 0) for i in range(24)]
    wave = [login(100 + i, T0 + DAY_MS + i, account=f"v{i}", success=False) for i in range(50)]
    calm, storm = (told(*usual, *more, login(999, T0 + DAY_MS + 60))[-1] for more in ([], wave))
    assert calm["everyone.failure_burst"] == 0
    assert storm["everyone.failure_burst"] > 50
    assert calm["account.burst"] == storm["account.burst"] == pytest.approx(144)


def test_a_login_knows_what_signed_up_from_its_address_and_when_its_account_did() -> None:
    signups = [
        event("signup", f"s{i}", T0 + i * 1000, account=f"new{i}", ip="192.0.2.1", captcha="failed")
        for i in range(12)
    ]
    one, stranger = told(
        *signups,
        login(1, T0 + HOUR_MS, account="new0", ip="192.0.2.1"),
        login(2, T0 + HOUR_MS, account="ada", ip="192.0.2.2"),
    )[-2:]
    assert (one["ip.signups_24h"], one["ip.signup_unsolved_share_24h"]) == (12, 1)
    assert one["account.since_signup_s"] == 3600
    assert (stranger["ip.signups_24h"], stranger["account.since_signup_s"]) == (0, 30 * 86_400)


def test_rented_servers_tor_exits_and_programs_are_told() -> None:
    reference = replace(REFERENCE, tor=frozenset({packed_ip("192.0.2.66")}))
    rented, tor, home = told(
        login(1, T0, ip="192.0.2.5", asn=16509, user_agent="python-requests/2.32.5"),
        login(2, T0, ip="192.0.2.66", user_agent=SAFARI),
        login(3, T0, **HOME),
        reference=reference,
    )
    names = ("from_hosting", "from_tor", "program", "handheld", "agent_missing")
    assert [rented[name] for name in names] == [1, 0, 1, 0, 0]
    assert [tor[name] for name in names] == [0, 1, 0, 1, 0]
    assert [home[name] for name in names] == [0, 0, 0, 0, 0]
