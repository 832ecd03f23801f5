"""From published tables of networks (ip-location-db's, GeoLite2's) to the table that workers load."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec

from features.errors import ReferenceDataError
from features.reference.networks import NetworkTable, build
from streams.reference.archive import read_files

_MOST_OWNER = 2**32 - 1
_HEADING = "network"
_PACKAGE = "package.json"
Range = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A table as converted: ``ranges`` counts those of each family as published; the rest is where it comes from."""

    table: NetworkTable
    ranges: Mapping[str, int]
    source: str
    version: str
    licence: str
    attribution: str


@dataclass(frozen=True, slots=True)
class _Publisher:
    """``files``: those of IPv4 and of IPv6; ``parse`` reads one row as (first, last, owner)."""

    source: str
    files: tuple[str, str]
    parse: Callable[[list[str]], Range]
    licence: str
    attribution: str


def _from_numbers(row: list[str]) -> Range:
    return int(row[0]), int(row[1]), int(row[2])


def _from_addresses(row: list[str]) -> Range:
    return int(ip_address(row[0])), int(ip_address(row[1])), int(row[2])


def _from_network(row: list[str]) -> Range:
    network = ip_network(row[0])
    return int(network[0]), int(network[-1]), int(row[1])


_DB = "@ip-location-db/asn"
_DB_LICENCE = "CC BY 4.0 (creativecommons.org/licenses/by/4.0)"
_DB_SOURCES = (
    "RouteViews (routeviews.org), DB-IP (db-ip.com) and NRO (nro.net), compiled by ip-location-db; converted"
)
_GEOLITE_LICENCE = "GeoLite End User License Agreement (maxmind.com)"
_GEOLITE_SOURCE = "This product includes GeoLite Data created by MaxMind, available from maxmind.com; converted"
_PUBLISHERS = (
    _Publisher(_DB, ("asn-ipv4-num.csv", "asn-ipv6-num.csv"), _from_numbers, _DB_LICENCE, _DB_SOURCES),
    _Publisher(_DB, ("asn-ipv4.csv", "asn-ipv6.csv"), _from_addresses, _DB_LICENCE, _DB_SOURCES),
    _Publisher(
        "GeoLite2-ASN",
        ("GeoLite2-ASN-Blocks-IPv4.csv", "GeoLite2-ASN-Blocks-IPv6.csv"),
        _from_network,
        _GEOLITE_LICENCE,
        _GEOLITE_SOURCE,
    ),
)


def convert(path: Path) -> Published:
    """Read a folder, a .tgz or a .zip that holds a publisher's two CSV files; takes seconds.

    Raises ReferenceDataError where there is nothing of the kind, or a line cannot be understood.
    """
    held = read_files(path, {_PACKAGE, *(name for one in _PUBLISHERS for name in one.files)})
    by_name = {Path(name).name: name for name in held}
    for publisher in _PUBLISHERS:
        if all(name in by_name for name in publisher.files):
            inside = [by_name[name] for name in publisher.files]
            ranges4, ranges6 = (
                list(_ranges(held[name], f"{path}: {name}", bits, publisher.parse))
                for name, bits in zip(inside, (32, 128), strict=True)
            )
            return Published(
                build(ranges4, ranges6),
                {"ipv4": len(ranges4), "ipv6": len(ranges6)},
                publisher.source,
                _version(held.get(by_name.get(_PACKAGE, "")), f"{path}/{inside[0]}"),
                publisher.licence,
                publisher.attribution,
            )
    known = "; ".join(" and ".join(one.files) for one in _PUBLISHERS)
    raise ReferenceDataError(f"{path} holds no table of networks that is known here: {known}")


def _ranges(data: bytes, name: str, bits: int, parse: Callable[[list[str]], Range]) -> Iterator[Range]:
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")), start=1):
            if number == 1 and row[:1] == [_HEADING]:
                continue
            first, last, owner = parse(row)
            if not 0 <= first <= last < 2**bits or not 0 <= owner <= _MOST_OWNER:
                raise ValueError
            yield first, last, owner
    except (ValueError, IndexError, csv.Error):
        raise ReferenceDataError(f"{name}:{number}: this is no range of addresses with its owner's number") from None
    if not number:
        raise ReferenceDataError(f"{name} is empty: fetch it anew")


def _version(package: bytes | None, place: str) -> str:
    """What the package says, else the day in the name of a folder or an archive, as GeoLite has it."""
    if package is not None:
        try:
            return str(msgspec.json.decode(package)["version"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            pass
    day = re.search(r"(?<!\d)20\d{6}(?!\d)", place)
    return day[0] if day else "unknown"
