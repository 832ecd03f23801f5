"""Where people come from: homes, offices behind one address, mobile carriers, relays; and what attackers rent.

All addresses are from ranges that are reserved, so none is anybody's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where an actor is on the network and on earth."""

    ip: str
    asn: int
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Country:
    """``carrier`` numbers the country's mobile network; ``asn`` is its access network's."""

    code: str
    latitude: float
    longitude: float
    asn: int
    carrier: int


COUNTRIES = (
    Country("DE", 52.5, 13.4, 64496, 0),
    Country("FR", 48.9, 2.4, 64497, 1),
    Country("PL", 52.2, 21.0, 64498, 2),
    Country("US", 40.7, -74.0, 64499, 3),
    Country("BR", -23.6, -46.6, 64500, 4),
    Country("IN", 19.1, 72.9, 64501, 5),
    Country("JP", 35.7, 139.7, 64502, 6),
    Country("ZA", -26.2, 28.0, 64503, 7),
)
# Most people of the population live in the first few.
COUNTRY_WEIGHTS = (40, 18, 12, 12, 6, 6, 3, 3)
_CARRIER_ASN = 64504
_HOSTING_ASN = 64511
_CARRIER_POOL = 4096


def home(rng: random.Random, country: Country) -> Place:
    """A household's own address, IPv6 for every fourth."""
    if rng.random() < 0.25:
        ip = f"2001:db8:{rng.randrange(65536):x}:{rng.randrange(256):x}::{rng.randrange(1, 65536):x}"
    else:
        ip = f"198.18.{rng.randrange(256)}.{rng.randrange(1, 255)}"
    return _near(rng, country, ip, country.asn)


def office(rng: random.Random, country: Country, number: int) -> Place:
    """The one address that everybody in an office shares; offices are no neighbours."""
    return _near(rng, country, f"100.{96 + number % 32}.{number // 32 % 256}.1", country.asn)


def relay(rng: random.Random) -> Place:
    """A rented server through which people hide where they are: everybody's who pays for that service."""
    return _near(rng, rng.choice(COUNTRIES), f"203.0.113.{rng.randrange(1, 255)}", _HOSTING_ASN)


def mobile(rng: random.Random, country: Country) -> Place:
    """One of the carrier's shared addresses, another at every use."""
    number = rng.randrange(_CARRIER_POOL)
    ip = f"100.{64 + country.carrier}.{number >> 8}.{number & 255}"
    return _near(rng, country, ip, _CARRIER_ASN)


def mail_server(number: int) -> str:
    """The address of one of the servers through which honest mail comes."""
    return f"198.51.100.{number % 254 + 1}"


def hosting(rng: random.Random) -> Place:
    """A rented server."""
    return _near(rng, rng.choice(COUNTRIES), f"192.0.2.{rng.randrange(1, 255)}", _HOSTING_ASN)


def hosting_range(rng: random.Random, size: int) -> list[Place]:
    """Neighbouring rented servers of one place, at most 250."""
    country = rng.choice(COUNTRIES)
    first = rng.randrange(1, 255 - min(size, 250))
    place = _near(rng, country, "", _HOSTING_ASN)
    return [
        Place(f"192.0.2.{first + i}", place.asn, place.country, place.latitude, place.longitude)
        for i in range(min(size, 250))
    ]


def proxy(rng: random.Random) -> Place:
    """A household's address that an attacker speaks through, anywhere."""
    country = rng.choice(COUNTRIES)
    return _near(rng, country, f"198.19.{rng.randrange(256)}.{rng.randrange(1, 255)}", country.asn)


def _near(rng: random.Random, country: Country, ip: str, asn: int) -> Place:
    # Everybody of a country lives around one town: nobody travels hundreds of kilometres to work.
    latitude = round(country.latitude + rng.uniform(-0.3, 0.3), 3)
    longitude = round(country.longitude + rng.uniform(-0.3, 0.3), 3)
    return Place(ip, asn, country.code, latitude, longitude)
