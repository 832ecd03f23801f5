"""The people: their homes, offices and phones, and what they do with their accounts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from streams.simulator.draft import Draft
from streams.simulator.networks import COUNTRIES, COUNTRY_WEIGHTS, Country, Place, home, mobile, office
from streams.simulator.rhythm import DAY_MS

FIRST = ("amber", "ash", "basil", "brook", "clay", "coral", "dale", "fern", "flint", "glen", "hazel", "heath", "iris")
LAST = ("alder", "birch", "cedar", "elm", "hill", "lake", "marsh", "moor", "oak", "pine", "reed", "stone", "vale")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) Example/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Example/141.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) Example/141.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Example/19.0",
    "Mozilla/5.0 (Linux; Android 16) Example/141.0",
)
_DOMAINS = ("mail.example", "post.example", "inbox.example", "example.com", "example.net")
_WRONG_PASSWORD = 0.05
_TRAVELLERS = 0.04
_IN_OFFICES = 0.35
_PER_OFFICE = 40
_SIGNUPS = 0.08
_MAILS = 0.04


@dataclass(frozen=True, slots=True)
class Person:
    account: str
    country: Country
    home: Place
    office: Place | None
    device: str
    phone: str
    agent: str
    away: tuple[int, int, Country] | None


class Population:
    """People whose accounts exist, and those who join. All randomness is from the given source.

    ``away`` of a traveller: from, to (milliseconds since 1970) and where.
    """

    def __init__(self, rng: random.Random, size: int, start_ms: int, end_ms: int) -> None:
        self._rng = rng
        self._joined = 0
        self._offices = [
            office(rng, rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0], number)
            for number in range(max(1, int(size * _IN_OFFICES / _PER_OFFICE)))
        ]
        self.people = [self._person(number, start_ms, end_ms) for number in range(size)]

    def act(self, time_ms: int) -> Draft:
        """What somebody does at that moment: mostly a login, sometimes a signup or a mail."""
        rng = self._rng
        choice = rng.random()
        if choice < _SIGNUPS:
            return self._join(time_ms)
        # The squared number makes some people much livelier than others.
        person = self.people[int(rng.random() ** 2 * len(self.people))]
        if choice < _SIGNUPS + _MAILS:
            return self._write(person, time_ms)
        return self._login(person, time_ms)

    def _person(self, number: int, start_ms: int, end_ms: int) -> Person:
        rng = self._rng
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        away = None
        if rng.random() < _TRAVELLERS:
            left_ms = rng.randrange(start_ms, end_ms)
            away = (left_ms, left_ms + rng.randrange(1, 4) * DAY_MS, rng.choice(COUNTRIES))
        return Person(
            f"{rng.choice(FIRST)}.{rng.choice(LAST)}{number}",
            country,
            home(rng, country),
            rng.choice(self._offices) if rng.random() < _IN_OFFICES else None,
            f"d{rng.getrandbits(48):012x}",
            f"p{rng.getrandbits(48):012x}",
            rng.choice(AGENTS[:3]),
            away,
        )

    def _login(self, person: Person, time_ms: int) -> Draft:
        rng = self._rng
        hour = time_ms // 3_600_000 % 24
        on_phone = rng.random() < 0.35
        place = person.home
        if person.away is not None and person.away[0] <= time_ms < person.away[1]:
            place = mobile(rng, person.away[2])
        elif on_phone:
            place = mobile(rng, person.country)
        elif person.office is not None and 8 <= hour < 18:
            place = person.office
        success = rng.random() >= _WRONG_PASSWORD
        data = {
            "account": person.account,
            "success": success,
            "ip": place.ip,
            "device": person.phone if on_phone else person.device,
            "user_agent": AGENTS[4] if on_phone else person.agent,
            "country": place.country,
            "asn": place.asn,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "method": "password" if rng.random() < 0.8 else "passkey",
        }
        if not success:
            data["failure_reason"] = "bad_password"
        return Draft(time_ms, "login", data, False)

    def _join(self, time_ms: int) -> Draft:
        rng = self._rng
        self._joined += 1
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        at = rng.choice(self._offices) if rng.random() < 0.15 else home(rng, country)
        place = mobile(rng, country) if rng.random() < 0.3 else at
        name = f"{rng.choice(FIRST)}{rng.choice(('', '.', '_'))}{rng.choice(LAST)}{rng.randrange(100)}"
        data = {
            "account": f"{name}.n{self._joined}",
            "ip": place.ip,
            "device": f"d{rng.getrandbits(48):012x}",
            "user_agent": rng.choice(AGENTS),
            "username": name,
            "recovery_email": f"{name}@{rng.choice(_DOMAINS)}",
            "country": place.country,
            "asn": place.asn,
            "form_seconds": round(rng.lognormvariate(3.7, 0.5), 1),
            "captcha": "passed",
            "payment": "card" if rng.random() < 0.2 else "none",
        }
        return Draft(time_ms, "signup", data, False)

    def _write(self, person: Person, time_ms: int) -> Draft:
        rng = self._rng
        recipients = [f"{rng.choice(FIRST)}@{rng.choice(_DOMAINS)}" for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        data = {
            "account": person.account,
            "direction": "outbound",
            "sender": f"{person.account}@mail.example",
            "recipients": recipients,
            "recipient_count": len(recipients),
            "ip": person.home.ip,
            "subject": f"About the {rng.choice(LAST)}",
            "size_bytes": rng.randrange(800, 60_000),
            "body": f"Hello, shall we meet at the {rng.choice(LAST)} on day {rng.randrange(1, 29)}?",
        }
        return Draft(time_ms, "mail", data, False)
