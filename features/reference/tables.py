"""Everything that is known about the world, as one immutable value that is replaced whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from features.address import email_domain, packed_ip
from features.reference.agents import Agents
from features.reference.networks import NetworkTable

_OWNERS = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Tables, and questions to them: ``version`` names every piece of data that an answer can depend on.

    Each question takes fields of an event as they are (None where a field is absent), has an answer for every
    text, and gives the same answer as long as the version is the same. ``absent`` names the tables that nobody
    has fetched: questions to them get None or False.
    """

    version: str
    absent: tuple[str, ...]
    networks: NetworkTable | None = field(repr=False)
    hosting: frozenset[int] = field(repr=False)
    tor: frozenset[bytes] | None = field(repr=False)
    disposable: frozenset[str] = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    _agents: Agents = field(default_factory=Agents, init=False, repr=False)
    # Several questions about one event ask for the same address, and attackers come from few.
    _owner: Callable[[str], int | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        owner = _nobody if self.networks is None else lru_cache(maxsize=_OWNERS)(self.networks.owner)
        object.__setattr__(self, "_owner", owner)

    def network(self, asn: int | None, ip: str | None) -> int | None:
        """The autonomous system: the event's own number, else (0 is none) that of who announces the address."""
        if asn:
            return asn
        return None if ip is None else self._owner(ip)

    def is_hosting(self, asn: int | None, ip: str | None) -> bool:
        """Whether the network rents out servers: people rarely browse from there."""
        return self.network(asn, ip) in self.hosting

    def is_tor(self, ip: str | None) -> bool:
        """Whether the address is an exit of the Tor network."""
        return self.tor is not None and ip is not None and packed_ip(ip) in self.tor

    def is_disposable(self, address: str | None) -> bool:
        """Whether the mail address is of a provider of throw-away addresses (the domain, or one above it)."""
        domain = None if address is None else email_domain(address)
        if address is None or domain is None:
            return False
        name = address.rpartition("@")[2].rstrip(">").strip().rstrip(".").lower()
        while name.endswith("." + domain):
            if name in self.disposable:
                return True
            name = name.partition(".")[2]
        return domain in self.disposable

    def country(self, country: str | None, ip: str | None) -> str | None:
        """The country's code in upper case: the event's own, since there is no table of places here."""
        return country.strip().upper() or None if country else None

    def agent(self, user_agent: str | None) -> str | None:
        """Families of browser and operating system, ``Chrome/Windows``; ``Other`` for what is not recognised."""
        return self._agents.parse(user_agent).families if user_agent else None

    def browser(self, user_agent: str | None) -> str | None:
        """The browser's family with its major version, ``Chrome 126``."""
        return self._agents.parse(user_agent).versioned if user_agent else None

    def os(self, user_agent: str | None) -> str | None:
        """The operating system's family, ``Windows``."""
        return self._agents.parse(user_agent).os if user_agent else None

    def device_type(self, user_agent: str | None) -> str | None:
        """``desktop``, ``mobile``, ``tablet``, ``bot`` (a crawler or another program that says so), ``other``."""
        return self._agents.parse(user_agent).device_type if user_agent else None


def _nobody(ip: str) -> None:
    return None
