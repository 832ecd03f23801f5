"""The RBA data set's rows become events and labels: every column, strictly, however long the file is.

rba.csv: the first 40 rows of the data set by Wiefling, Jørgensen, Thunem and Lo Iacono (2022), numbers shortened;
Creative Commons Attribution 4.0.
"""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from support.events import KINDS, LIMIT

from features.event import EventDecoder, to_rfc3339
from streams.logins.events import event_of, label_of
from streams.logins.rba import COLUMNS, BadRow, NotRba, RbaRow, read_rba
from streams.wire import decode_label

FILE = Path(__file__).parent / "rba.csv"
DECODER = EventDecoder(KINDS["login"], LIMIT, 300)
GOOD = {
    "index": "7",
    "Login Timestamp": "2020-02-03 12:43:59.396",
    "User ID": "-4618854071942621186",
    "Round-Trip Time [ms]": "1123.0",
    "IP Address": "10.0.0.47",
    "Country": "US",
    "Region": "Virginia",
    "City": "Ashburn",
    "ASN": "398986",
    "User Agent String": 'Mozilla/5.0, "quoted"',
    "Browser Name and Version": "Chrome Mobile WebView 85.0.4183",
    "OS Name and Version": "Android 2.2",
    "Device Type": "mobile",
    "Login Successful": "False",
    "Is Attack IP": "True",
    "Is Account Takeover": "False",
}


def file_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def read(*rows: dict[str, str]) -> list[RbaRow | BadRow]:
    return list(read_rba(file_of(*rows)))


def one(**changes: str) -> RbaRow:
    (row,) = read(GOOD | changes)
    assert isinstance(row, RbaRow)
    return row


def test_every_column_of_the_file_is_read() -> None:
    with FILE.open(newline="") as opened:
        expected = list(csv.DictReader(opened))
    with FILE.open("rb") as stream:
        rows = list(read_rba(stream))
    assert len(rows) == len(expected) == 40

    def known(text: str) -> str | None:
        return None if text in ("", "-") else text

    for row, raw in zip(rows, expected, strict=True):
        assert isinstance(row, RbaRow)
        assert to_rfc3339(row.time_ms) == raw["Login Timestamp"].replace(" ", "T") + "Z"
        told = [row.index, row.user, row.ip, row.country, row.region, row.city, row.user_agent]
        told += [row.browser, row.system, row.device_type]
        names = ("index", "User ID", "IP Address", "Country", "Region", "City", "User Agent String")
        names += ("Browser Name and Version", "OS Name and Version", "Device Type")
        assert told == [known(raw[name]) for name in names]
        assert str(row.asn) == raw["ASN"]
        assert ("" if row.round_trip_ms is None else str(row.round_trip_ms)) == raw["Round-Trip Time [ms]"]
        flags = [row.success, row.attack_ip, row.takeover]
        assert [str(flag) for flag in flags] == [raw[name] for name in COLUMNS[-3:]]
    assert sum(row.attack_ip for row in rows if isinstance(row, RbaRow)) == 3


def test_a_row_is_an_event_of_the_kind_login() -> None:
    event = DECODER.decode(event_of(one()))
    assert (event.source, event.id, to_rfc3339(event.time_ms)) == ("import/rba", "7", "2020-02-03T12:43:59.396Z")
    data = event.data
    assert (data.account, data.success, data.ip, data.country) == ("-4618854071942621186", False, "10.0.0.47", "US")
    assert (data.asn, data.user_agent) == (398986, 'Mozilla/5.0, "quoted"')
    assert (data.device, data.method, data.failure_reason) == (None, None, None)
    with FILE.open("rb") as stream:
        assert all(DECODER.decode(event_of(row)) for row in read_rba(stream) if isinstance(row, RbaRow))
    assert DECODER.unknown_fields == 0


def test_what_is_not_known_is_absent() -> None:
    empty = {"Country": "-", "ASN": "", "IP Address": "", "User Agent String": "", "Round-Trip Time [ms]": ""}
    row = one(**empty)
    assert (row.country, row.asn, row.ip, row.user_agent, row.round_trip_ms) == (None, None, None, None, None)
    assert b'"data":{"account":"-4618854071942621186","success":false}' in event_of(row)
    assert one(**{"ASN": "398986.0", "Is Attack IP": "TRUE"}).asn == 398986
    longest = DECODER.decode(event_of(one(**{"User Agent String": "x" * 5000, "Country": "Elsewhere"})))
    assert (len(longest.data.user_agent), longest.data.country) == (2048, "Elsewher")


@pytest.mark.parametrize(
    ("success", "attack", "takeover", "expected"),
    [
        ("True", "True", "True", ("abuse", "analyst")),
        ("True", "False", "True", ("abuse", "analyst")),
        ("False", "True", "False", ("abuse", "rule")),
        ("True", "True", "False", ("abuse", "rule")),
        ("True", "False", "False", ("legit", "rule")),
        ("False", "False", "False", None),
    ],
)
def test_labels_say_what_the_data_set_says(
    success: str, attack: str, takeover: str, expected: tuple[str, str] | None
) -> None:
    row = one(**{"Login Successful": success, "Is Attack IP": attack, "Is Account Takeover": takeover})
    record = label_of(row, 3_600_000)
    if expected is None:
        assert record is None
        return
    label = decode_label(record, LIMIT)
    assert (label.data.label, label.data.by) == expected
    assert label.time_ms == row.time_ms + 3_600_000
    assert label.decision_id == DECODER.decode(event_of(row)).decision_id


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("index", ""),
        ("Login Timestamp", "yesterday"),
        ("Login Timestamp", "2020-02-30 12:00:00"),
        ("User ID", " "),
        ("User ID", "x" * 513),
        ("Round-Trip Time [ms]", "-1"),
        ("Round-Trip Time [ms]", "nan"),
        ("IP Address", "10.0.0.256"),
        ("ASN", "AS1"),
        ("ASN", "4294967296"),
        ("ASN", "1.5"),
        ("ASN", "inf"),
        ("Login Successful", ""),
        ("Is Attack IP", "maybe"),
        ("Is Account Takeover", "2"),
    ],
)
def test_a_value_that_is_none_costs_its_row_alone_and_is_not_repeated(column: str, value: str) -> None:
    before, bad, after = read(GOOD, GOOD | {column: value}, GOOD)
    assert isinstance(before, RbaRow)
    assert isinstance(after, RbaRow)
    assert bad == BadRow("value", f"line 3: column {column!r}")


def test_rows_of_another_width_are_none_and_empty_lines_nothing() -> None:
    whole = file_of(GOOD).getvalue()
    header, row = whole.splitlines(keepends=True)
    found = list(read_rba(io.BytesIO(header + b"1,2\n" + b"\n" + row[:-2] + b",more\n" + row)))
    assert [type(one).__name__ for one in found] == ["BadRow", "BadRow", "RbaRow"]
    assert found[0] == BadRow("row", "line 2: 2 values, the first line has 16")


def test_columns_may_stand_in_any_order_with_others_between(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (*reversed(COLUMNS), "more")
    (row,) = read_rba(file_of(GOOD | {"more": "x"}, columns=columns))
    assert row == one()


@pytest.mark.parametrize("first", [b"", b"a,b\n", b'"' + b"x" * 200_000])
def test_another_file_is_refused(first: bytes) -> None:
    with pytest.raises(NotRba, match="no column 'index'"):
        list(read_rba(io.BytesIO(first)))


def test_an_open_quote_ends_the_rows_that_it_swallows_and_no_more() -> None:
    header, row = file_of(GOOD).getvalue().splitlines(keepends=True)
    lines = itertools.chain([header, row, b'8,"'], itertools.repeat(row, 4000))
    found = list(read_rba(io.BytesIO(b"".join(lines))))
    assert isinstance(found[0], RbaRow)
    assert any(isinstance(bad, BadRow) and bad.reason == "row" for bad in found)
    assert isinstance(found[-1], RbaRow)


def test_rows_come_while_the_file_is_read() -> None:
    class Counting(io.RawIOBase):
        def __init__(self) -> None:
            self.given = 0
            header, self._row = file_of(GOOD).getvalue().splitlines(keepends=True)
            self._left = header

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            part = (self._left or self._row)[: len(buffer)]
            self._left = b""
            buffer[: len(part)] = part
            self.given += len(part)
            return len(part)

    endless = Counting()
    rows = read_rba(io.BufferedReader(endless))
    assert all(isinstance(row, RbaRow) for row in itertools.islice(rows, 1000))
    assert endless.given < 2_000_000
