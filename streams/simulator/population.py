"""The people: what they do with their accounts all day, and how others join them."""

from __future__ import annotations

import random
from collections import deque
from functools import partial
from heapq import heappop, heappush
from itertools import count

from streams.simulator.agents import DESKTOPS, TELEPHONES
from streams.simulator.draft import Draft
from streams.simulator.entering import Deed, Entering
from streams.simulator.networks import COUNTRIES, COUNTRY_WEIGHTS, Country, Place, home, mobile, office
from streams.simulator.oddities import odd_signup
from streams.simulator.person import Person
from streams.simulator.post import DOMAINS, newsletter, received, written
from streams.simulator.rhythm import DAY_MS, HOUR_MS

FIRST = ("amber", "ash", "basil", "brook", "clay", "coral", "dale", "fern", "flint", "glen", "hazel", "heath", "iris")
LAST = ("alder", "birch", "cedar", "elm", "hill", "lake", "marsh", "moor", "oak", "pine", "reed", "stone", "vale")
_TRAVELLERS = 0.04
_HIDDEN = 0.015
_IN_OFFICES = 0.35
_PER_OFFICE = 40
# What somebody does: joins, writes, receives, else logs in.
_SIGNUPS = 0.08
_WRITES = 0.04
_RECEIVES = 0.06
# Of what is no signup, done by one of those who joined last.
_BY_NEWCOMERS = 0.05
_NEWCOMERS = 200
_INVITED = 0.1
# Of signups, the first of a school class; of mails that come in, the first of a newsletter's.
_CLASSES = 0.002
_NEWSLETTERS = 0.003


class Population:
    """People whose accounts exist, and those who join. All randomness is from the given source."""

    def __init__(self, rng: random.Random, size: int, start_ms: int, end_ms: int) -> None:
        self._rng = rng
        self._joined = 0
        self._newcomers: deque[Person] = deque(maxlen=_NEWCOMERS)
        self._coming: list[tuple[int, int, Deed]] = []
        self._numbers = count()
        self._entering = Entering(rng, self._later)
        self._offices: dict[str, list[Place]] = {country.code: [] for country in COUNTRIES}
        for number in range(max(1, int(size * _IN_OFFICES / _PER_OFFICE))):
            country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
            self._offices[country.code].append(office(rng, country, number))
        self.people = [self._settled(number, start_ms, end_ms) for number in range(size)]

    def act(self, time_ms: int) -> Draft:
        """What somebody does at that moment: mostly a login, sometimes a signup or a mail."""
        rng = self._rng
        if self._coming and self._coming[0][0] <= time_ms:
            return heappop(self._coming)[2](time_ms)
        choice = rng.random()
        if choice < _SIGNUPS:
            if rng.random() < _CLASSES:
                self._begin_class(time_ms)
            return self._join(time_ms)
        person = self._somebody()
        while person.is_under_way(time_ms):
            person = self._somebody()
        if choice < _SIGNUPS + _WRITES:
            return written(rng, person.account, person.home.ip, time_ms)
        if choice < _SIGNUPS + _WRITES + _RECEIVES:
            if rng.random() < _NEWSLETTERS:
                self._begin_newsletter(time_ms)
            return received(rng, person.account, self._somebody().account, time_ms)
        return self._entering.enter(person, time_ms)

    def _later(self, time_ms: int, deed: Deed) -> None:
        heappush(self._coming, (time_ms, next(self._numbers), deed))

    def _somebody(self) -> Person:
        rng = self._rng
        if self._newcomers and rng.random() < _BY_NEWCOMERS:
            return rng.choice(self._newcomers)
        # The squared number makes some people much livelier than others.
        return self.people[int(rng.random() ** 2 * len(self.people))]

    def _begin_class(self, time_ms: int) -> None:
        """Pupils sign up within a lesson, from their school's one address, two at a computer."""
        rng = self._rng
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        school = rng.choice(self._offices[country.code] or [home(rng, country)])
        computers = [f"d{rng.getrandbits(48):012x}" for _ in range(rng.randrange(3, 7))]
        for computer in computers * 2:
            pupil = partial(self._join, at=school, device=computer)
            self._later(time_ms + rng.randrange(HOUR_MS * 3 // 4), pupil)

    def _begin_newsletter(self, time_ms: int) -> None:
        """A shop writes to its customers within an hour."""
        rng = self._rng
        shop = rng.randrange(1000)
        for _ in range(rng.randrange(30, 60)):
            self._later(time_ms + rng.randrange(HOUR_MS), partial(newsletter, rng, self._somebody().account, shop))

    def _settled(self, number: int, start_ms: int, end_ms: int) -> Person:
        rng = self._rng
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        away = None
        if rng.random() < _TRAVELLERS:
            left_ms = rng.randrange(start_ms, end_ms)
            away = (left_ms, left_ms + rng.randrange(1, 4) * DAY_MS, rng.choice(COUNTRIES))
        works = self._office(country, _IN_OFFICES)
        return self._person(f"{rng.choice(FIRST)}.{rng.choice(LAST)}{number}", country, works, away)

    def _office(self, country: Country, share: float) -> Place | None:
        """One of the country's, for that share of its people."""
        offices = self._offices[country.code]
        return self._rng.choice(offices) if offices and self._rng.random() < share else None

    def _person(
        self, account: str, country: Country, works: Place | None, away: tuple[int, int, Country] | None
    ) -> Person:
        rng = self._rng
        return Person(
            account,
            country,
            home(rng, country),
            works,
            f"d{rng.getrandbits(48):012x}",
            f"p{rng.getrandbits(48):012x}",
            rng.choice(DESKTOPS),
            rng.choice(TELEPHONES),
            away,
            rng.random() < _HIDDEN,
        )

    def _join(self, time_ms: int, at: Place | None = None, device: str | None = None) -> Draft:
        rng = self._rng
        self._joined += 1
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        name = f"{rng.choice(FIRST)}{rng.choice(('', '.', '_'))}{rng.choice(LAST)}{rng.randrange(100)}"
        works = self._office(country, 0.15)
        person = self._person(f"{name}.n{self._joined}", country, works, None)
        on_phone = at is None and rng.random() < 0.3
        place = at or (mobile(rng, country) if on_phone else works or person.home)
        data = {
            "account": person.account,
            "ip": place.ip,
            "device": device or (person.phone if on_phone else person.device),
            "user_agent": person.phone_agent if on_phone else person.agent,
            "username": name,
            "recovery_email": f"{name}@{rng.choice(DOMAINS)}",
            "country": place.country,
            "asn": place.asn,
            "form_seconds": round(rng.lognormvariate(3.7, 0.5), 1),
            "captcha": "passed" if rng.random() < 0.97 else "failed",
            "payment": "card" if rng.random() < 0.2 else "none",
        }
        if rng.random() < 0.8:
            data["referrer"] = f"https://{rng.choice(DOMAINS)}/"
        if rng.random() < _INVITED:
            data["invited_by"] = self._somebody().account
        odd_signup(rng, data)
        self._newcomers.append(person)
        return Draft(time_ms, "signup", data, False)
