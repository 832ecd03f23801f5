"""The data set of logins by Wiefling et al. (2022), for risk-based authentication: its rows, strictly, one by one."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from features.address import packed_ip
from features.errors import WeirError
from features.event import to_milliseconds

COLUMNS = (
    "index",
    "Login Timestamp",
    "User ID",
    "Round-Trip Time [ms]",
    "IP Address",
    "Country",
    "Region",
    "City",
    "ASN",
    "User Agent String",
    "Browser Name and Version",
    "OS Name and Version",
    "Device Type",
    "Login Successful",
    "Is Attack IP",
    "Is Account Takeover",
)
_TRUTH = {"true": True, "false": False}
_MOST_ASN = 2**32 - 1
_LONGEST_ID = 512


class NotRba(WeirError):
    """The file is not that data set: name the right one; the text says which column is missing."""


@dataclass(frozen=True, slots=True)
class RbaRow:
    """One login attempt; what the data set does not know (empty or ``-``) is None.

    ``attack_ip``: the address was known from attacks. ``takeover``: the operator's incident response found that
    somebody else had entered the account.
    """

    index: str
    time_ms: int
    user: str
    round_trip_ms: float | None
    ip: str | None
    country: str | None
    region: str | None
    city: str | None
    asn: int | None
    user_agent: str | None
    browser: str | None
    system: str | None
    device_type: str | None
    success: bool
    attack_ip: bool
    takeover: bool


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is none: ``reason`` is one word, ``detail`` says where, without any of its values."""

    reason: str
    detail: str


def read_rba(stream: BinaryIO) -> Iterator[RbaRow | BadRow]:
    """The rows in the file's order, with a few in memory; further columns are passed over. Raises NotRba."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    rows = csv.reader(text)
    try:
        header = next(rows, [])
    except csv.Error:
        header = []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise NotRba(f"the first line has no column {missing[0]!r}: it has to name all columns of the RBA data set")
    at = {name: header.index(name) for name in COLUMNS}
    while True:
        try:
            values = next(rows, None)
        except csv.Error:
            yield BadRow("row", f"line {rows.line_num}: not a row of CSV")
            continue
        if values is None:
            break
        if values:
            yield _row(values, at, len(header), f"line {rows.line_num}")
    # Who opened the stream closes it.
    text.detach()


def _row(values: list[str], at: Mapping[str, int], width: int, place: str) -> RbaRow | BadRow:
    if len(values) != width:
        return BadRow("row", f"{place}: {len(values)} values, the first line has {width}")
    column = ""

    def of(name: str) -> str:
        nonlocal column
        column = name
        return values[at[name]].strip()

    try:
        return RbaRow(
            index=_named(of("index")),
            time_ms=_moment_ms(of("Login Timestamp")),
            user=_named(of("User ID")),
            round_trip_ms=_duration(of("Round-Trip Time [ms]")),
            ip=_address(of("IP Address")),
            country=_known(of("Country")),
            region=_known(of("Region")),
            city=_known(of("City")),
            asn=_network(of("ASN")),
            user_agent=_known(of("User Agent String")),
            browser=_known(of("Browser Name and Version")),
            system=_known(of("OS Name and Version")),
            device_type=_known(of("Device Type")),
            success=_TRUTH[of("Login Successful").lower()],
            attack_ip=_TRUTH[of("Is Attack IP").lower()],
            takeover=_TRUTH[of("Is Account Takeover").lower()],
        )
    except (ValueError, KeyError, OverflowError):
        return BadRow("value", f"{place}: column {column!r}")


def _known(text: str) -> str | None:
    return None if text in ("", "-") else text


def _named(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_ID:
        raise ValueError
    return text


def _moment_ms(text: str) -> int:
    """It names no zone; UTC is assumed."""
    moment = datetime.fromisoformat(text)
    return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _duration(text: str) -> float | None:
    if _known(text) is None:
        return None
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError
    return value


def _address(text: str) -> str | None:
    if _known(text) is None:
        return None
    if packed_ip(text) is None:
        raise ValueError
    return text


def _network(text: str) -> int | None:
    if _known(text) is None:
        return None
    # A column with gaps is often written with fractions: 29695.0.
    number = float(text)
    if not (number.is_integer() and 0 <= number <= _MOST_ASN):
        raise ValueError
    return int(number)
