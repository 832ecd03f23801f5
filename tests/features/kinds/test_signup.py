"""What a signup's vector tells about bulk: mailboxes, templates, invitations, networks, guessed passwords."""

from __future__ import annotations

from typing import Any

import pytest
from support.events import T0, event
from support.story import told

from features.event import Event


def signup(number: int, **data: Any) -> Event:
    return event("signup", f"s{number}", T0 + number * 60_000, **{"account": f"a{number}", **data})


def test_one_mailbox_is_one_however_it_is_spelled() -> None:
    spellings = ["ada.lake@gmail.com", "adalake+1@gmail.com", "a.dalake@googlemail.com", "ada.lake@gmail.com"]
    last = told(*(signup(i, ip=f"192.0.2.{i}", recovery_email=mail) for i, mail in enumerate(spellings)))[-1]
    assert (last["recovery.signups_30d"], last["recovery.spellings_30d"], last["recovery.ips_30d"]) == (4, 3, 4)
    assert last["recovery_tagged"] == 0


def test_names_from_one_template_have_one_pattern() -> None:
    made = told(
        *(signup(i, username=f"amber{name}{i}", ip="192.0.2.1") for i, name in enumerate(("oak", "elm", "hill")))
    )
    free = told(*(signup(i, username=name, ip="192.0.2.1") for i, name in enumerate(("ada", "bo.lake", "c7"))))
    assert (made[-1]["ip.name_patterns_24h"], free[-1]["ip.name_patterns_24h"]) == (1, 3)


def test_who_invites_whom_is_counted() -> None:
    last = told(*(signup(i, ip="192.0.2.1", invited_by="farmer") for i in range(4)), signup(9, invited_by="farmer"))[
        -1
    ]
    assert (last["inviter.signups_24h"], last["inviter.ips_7d"]) == (5, 1)
    assert told(signup(1))[0]["inviter.signups_24h"] == 0


def test_a_network_that_wakes_up_bursts() -> None:
    quiet = [signup(i * 60, ip="198.51.100.1", asn=64496) for i in range(23)]
    wake = [signup(23 * 60 + i, ip=f"203.0.113.{i}", asn=16509, recovery_email="x@mailinator.com") for i in range(30)]
    calm, last = told(*quiet)[-1], told(*quiet, *wake)[-1]
    assert calm["asn.burst"] < 3
    assert (last["asn.burst"], last["asn.signups_1h"], last["from_hosting"]) == (24, 30, 1)
    assert (last["recovery_disposable"], last["subnet.disposable_share_24h"]) == (1, 1)


def test_an_address_is_known_for_the_passwords_that_it_guessed() -> None:
    tries = [event("login", f"l{i}", T0, account=f"v{i}", success=False, ip="192.0.2.1") for i in range(20)]
    guessing, other = told(*tries, signup(1, ip="192.0.2.1"), signup(2, ip="192.0.2.2"))[-2:]
    assert (guessing["ip.login_failures_24h"], guessing["ip.login_accounts_24h"]) == (20, 20)
    assert (other["ip.login_failures_24h"], other["ip.login_accounts_24h"]) == (0, 0)


@pytest.mark.parametrize(("minutes", "rate"), [(0, 2), (24 * 60, 1)])
def test_a_rate_fades(minutes: int, rate: float) -> None:
    assert told(signup(0), signup(minutes))[-1]["ip.signup_rate"] == rate
    assert rate < 2 or told(signup(0), signup(8 * 60))[-1]["ip.signup_rate"] < rate


def test_a_form_that_says_nothing_is_told_from_one_that_says_no() -> None:
    bare, full = told(
        signup(1),
        signup(2, recovery_email="a@b.example", user_agent="curl/8", referrer="https://x.example/", payment="card"),
    )
    names = ("recovery_missing", "agent_missing", "referrer_missing", "program", "paid")
    assert [bare[name] for name in names] == [1, 1, 1, 0, 0]
    assert [full[name] for name in names] == [0, 0, 0, 1, 1]
