"""The evaluation of risk-based authentication: its arithmetic by hand, its attackers, tries without a trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rba import ATTACK_IP, RISK, TAKEOVER, Evaluation, lines
from reauthentication.attackers import NAIVE, TARGETED, VPN, Attackers
from reauthentication.figures import Scores, threshold
from reauthentication.world import World

from streams.logins.rba import RbaRow

BENCH = Path(__file__).parents[2] / "bench"
FIXTURE = Path(__file__).parents[1] / "streams" / "logins" / "rba.csv"
HOUR_MS = 3_600_000
T0 = 1_580_733_810_800
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:118.0) Gecko/20100101 Firefox/118.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/117.0 Safari/537.36"


def row(user: str, time_ms: int = T0, ip: str = "192.0.2.1", **changes: object) -> RbaRow:
    known = RbaRow(
        index=f"{user}-{time_ms}", time_ms=time_ms, user=user, round_trip_ms=None, ip=ip, country="NO",
        region="Oslo County", city="Oslo", asn=29695, user_agent=FIREFOX, browser=None, system=None,
        device_type=None, success=True, attack_ip=False, takeover=False,
    )  # fmt: skip
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("detection", "expected"), [(0.1, 9.0), (0.2, 9.0), (0.21, 7.0), (0.6, 5.0), (0.61, 2.0), (0.8, 2.0), (1.0, 1.0)]
)
def test_a_threshold_is_the_greatest_at_which_enough_attackers_are_asked(detection: float, expected: float) -> None:
    assert threshold([5.0, 1.0, 9.0, 2.0, 7.0], detection) == expected


def test_rates_are_those_that_were_computed_by_hand() -> None:
    scores = Scores()
    for user, given in ((0, (1.0, 6.0, 8.0, 0.0)), (1, (5.0, 0.0)), (2, (0.0, 1.0, 2.0))):
        for score in given:
            scores.add_honest(user, score)
    for score in (5.0, 1.0, 9.0, 2.0, 7.0):
        scores.add_attacker("naive", score)
    # Three of five attackers are at 5 or more, and of honest logins 2 of 4, 1 of 2 and 0 of 3.
    rates = scores.rates("naive", 0.6)
    assert rates is not None
    assert (rates.threshold, rates.detection) == (5.0, 0.6)
    assert rates.overall == pytest.approx(3 / 9)
    assert rates.median == 0.5
    # Four of five are at 2 or more: 2 of 4, 1 of 2 and 1 of 3.
    rates = scores.rates("naive", 0.7)
    assert rates is not None
    assert (rates.threshold, rates.detection, rates.median) == (2.0, 0.8, 0.5)
    assert rates.overall == pytest.approx(4 / 9)
    # All are at 1 or more: 3 of 4, 1 of 2 and 2 of 3.
    rates = scores.rates("naive", 1.0)
    assert rates is not None
    assert rates.median == pytest.approx(2 / 3)
    assert scores.rates("VPN", 0.5) is None
    assert Scores().rates("naive", 0.5) is None


def test_attackers_know_what_they_are_said_to_know() -> None:
    attackers = Attackers()
    victim = row("victim", ip="192.0.2.1")
    attackers.learn(victim)
    assert list(attackers.tries(victim, T0)) == []
    attackers.learn(row("a", ip="198.51.100.1", attack_ip=True, success=False, country="BR", user_agent="bot"))
    attackers.learn(row("b", ip="203.0.113.1", city="Bergen", user_agent=CHROME))
    tries = dict(attackers.tries(victim, T0 + 5))
    assert set(tries) == {NAIVE, VPN}
    attackers.learn(row("c", ip="203.0.113.2", user_agent="other"))
    for _ in range(20):
        tries = dict(attackers.tries(victim, T0 + 5))
        if len(tries) == 3:
            break
    for one in tries.values():
        assert (one.user, one.time_ms, one.success) == ("victim", T0 + 5, True)
    assert (tries[NAIVE].ip, tries[NAIVE].country, tries[NAIVE].user_agent) == ("198.51.100.1", "BR", "bot")
    assert tries[VPN].ip in ("203.0.113.1", "203.0.113.2")
    assert tries[VPN].user_agent in (CHROME, "other")
    assert (tries[TARGETED].ip, tries[TARGETED].user_agent) == ("203.0.113.2", FIREFOX)


def test_a_try_sees_what_a_login_would_and_leaves_no_trace() -> None:
    one, other = World(), World()
    for n in range(30):
        login = row(f"u{n % 3}", T0 + n * HOUR_MS, f"192.0.2.{n % 5}", success=n % 4 > 0)
        strange = row("u1", T0 + n * HOUR_MS, "198.51.100.9", country="BR", asn=7, user_agent=CHROME)
        tried = one.what_if(strange)
        assert one.what_if(strange) == tried
        assert one.see(login) == other.see(login)
    assert one.what_if(strange) == other.see(strange)


def made() -> Iterator[RbaRow]:
    """Forty people at home for twenty days; from the tenth on two accounts a day are taken over from elsewhere."""
    for day in range(20):
        for person in range(40):
            at_ms = T0 + day * 24 * HOUR_MS + person * 60_000
            yield row(f"u{person}", at_ms, f"10.0.0.{person}", user_agent=FIREFOX if person % 2 else CHROME)
            strange = {"country": "BR", "asn": 7, "city": "Sao Paulo", "user_agent": f"Mozilla/4.0 (day {day})"}
            yield row("nobody", at_ms + 1, f"198.51.100.{day}", success=False, attack_ip=True, **strange)
            if person // 2 == day - 10:
                yield row(f"u{person}", at_ms + 1000, f"203.0.113.{day}", takeover=True, **strange)


def test_takeovers_from_elsewhere_are_found_while_people_at_home_are_hardly_asked() -> None:
    evaluation = Evaluation(share=0.1)
    for one in made():
        evaluation.take(one)
    evaluation.judge()
    counts = evaluation.counts
    assert (counts["honest"], counts[TAKEOVER], counts[ATTACK_IP], counts["failed"]) == (800, 20, 800, 0)
    risk = evaluation.scores[RISK]
    # A person's first login tells nothing, and nobody ever entered the account of the attackers' tries.
    assert len(risk.honest) == 760
    assert len(risk.attackers[TAKEOVER]) == 20
    assert ATTACK_IP not in risk.attackers
    assert all(len(risk.attackers[sort]) > 20 for sort in (NAIVE, VPN, TARGETED))
    found = {sort: risk.rates(sort, 0.9) for sort in (TAKEOVER, NAIVE, TARGETED)}
    for sort in (TAKEOVER, NAIVE):
        rates = found[sort]
        assert rates is not None
        assert rates.detection >= 0.9
        assert rates.overall < 0.05
    easier, harder = found[NAIVE], found[TARGETED]
    assert easier is not None
    assert harder is not None
    assert harder.threshold < easier.threshold
    champion = evaluation.scores["login.logistic"]
    assert 0 < len(champion.honest) < 760
    text = "\n".join(lines(evaluation))
    assert "800 honest logins, 800 from attackers' addresses, 20 takeovers" in text
    assert "no account takeover" not in text
    assert "NO FIGURE" not in text


def test_a_file_without_takeovers_and_history_is_said_to_tell_nothing() -> None:
    done = _bench(FIXTURE)
    assert "There is no account takeover in this file" in done.stdout
    assert "NO FIGURE HERE MEANS A THING" in done.stdout
    assert "it has no figure" in done.stdout
    wrong = _bench("rba.py")
    assert wrong.returncode == 2
    assert "has to name all columns of the RBA data set" in wrong.stderr


def _bench(file: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "rba.py", str(file)]
    return subprocess.run(words, cwd=BENCH, capture_output=True, text=True, check=False)
