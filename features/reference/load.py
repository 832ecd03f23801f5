"""Reading the tables: what the libraries bring, what ships here, and what somebody put into the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from disposable_email_domains import blocklist

from features.address import packed_ip, registrable_domain
from features.errors import ReferenceDataError
from features.reference.networks import BrokenTable, NetworkTable, decode
from features.reference.tables import Reference

NETWORKS_FILE = "asn.table"
TOR_FILE = "tor_exits.txt"
HOSTING_FILE = "hosting_asns.txt"
DISPOSABLE_FILE = "disposable_domains.txt"
# What the tables are read from; a change of any of them is a reason to load anew.
FILES = (NETWORKS_FILE, TOR_FILE, HOSTING_FILE, DISPOSABLE_FILE)
_T = TypeVar("_T")
_NONE = "-"


def load_reference(folder: Path | None) -> Reference:
    """All tables, those of the folder included; an absent file is no error, and ``absent`` names its table.

    Raises ReferenceDataError for a file that is there and cannot be used.
    """
    networks, networks_hash = _read(folder, NETWORKS_FILE, _networks)
    tor, tor_hash = _read(folder, TOR_FILE, lambda data, name: _lines(data, name, _address, "an IP address"))
    more, more_hash = _read(folder, DISPOSABLE_FILE, lambda data, name: _lines(data, name, _domain, "a domain"))
    hosting, hosting_hash = _read(folder, HOSTING_FILE, _hosting)
    if hosting is None:
        shipped = files("features.reference").joinpath(HOSTING_FILE).read_bytes()
        hosting, hosting_hash = _hosting(shipped, HOSTING_FILE), _hash(shipped)
    versions = {
        "suffixes": version("publicsuffixlist"),
        "agents": version("ua-parser-builtins"),
        "disposable": version("disposable-email-domains") + ("" if more is None else f"+{more_hash}"),
        "hosting": hosting_hash,
        "asn": networks_hash,
        "tor": tor_hash,
    }
    return Reference(
        version=" ".join(f"{name}:{one}" for name, one in versions.items()),
        absent=tuple(name for name, one in versions.items() if one == _NONE),
        networks=networks,
        hosting=hosting,
        tor=tor,
        disposable=frozenset(blocklist) | (more or frozenset()),
        versions=versions,
    )


def tor_exits(data: bytes, name: str) -> frozenset[bytes]:
    """The addresses of a file, packed; raises ReferenceDataError, with ``name`` as the file's."""
    return _lines(data, name, _address, "an IP address")


def _read(folder: Path | None, name: str, parse: Callable[[bytes, str], _T]) -> tuple[_T | None, str]:
    """What the file holds and its hash; nothing if it is absent."""
    if folder is None:
        return None, _NONE
    path = folder / name
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None, _NONE
    except OSError as error:
        raise ReferenceDataError(f"{path} cannot be read: {error.strerror}: repair or remove it") from None
    return parse(data, str(path)), _hash(data)


def _networks(data: bytes, name: str) -> NetworkTable:
    try:
        return decode(data)
    except BrokenTable as error:
        raise ReferenceDataError(f"{name}: {error}: fetch it anew (`weir reference fetch`) or remove it") from None


def _hosting(data: bytes, name: str) -> frozenset[int]:
    return _lines(data, name, _number, "the number of a network")


def _lines(data: bytes, name: str, parse: Callable[[str], _T | None], wanted: str) -> frozenset[_T]:
    """What the lines say, less comments (from ``#`` on) and empty ones."""
    found = set()
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text:
            one = parse(text)
            if one is None:
                raise ReferenceDataError(f"{name}:{number}: this is not {wanted}: repair or remove the line")
            found.add(one)
    return frozenset(found)


def _address(text: str) -> bytes | None:
    return packed_ip(text)


def _number(text: str) -> int | None:
    digits = text[2:] if text[:2].upper() == "AS" else text
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < int(digits[:12]) < 2**32 else None


def _domain(text: str) -> str | None:
    """The name in lower case and as it goes over the wire, whole, for a whole zone may be somebody's."""
    name = text.rstrip(".").lower()
    if "." not in name or not all(part for part in name.split(".")) or any(c in name for c in " @/:\\"):
        return None
    return name if name.isascii() else registrable_domain(name)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=4).hexdigest()
