"""Tables from files, their absence, their faults, and the version that names them all."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import get_type_hints

import pytest

from features.errors import ReferenceDataError
from features.reference import Reference, load_reference
from features.reference.load import DISPOSABLE_FILE, HOSTING_FILE, NETWORKS_FILE, TOR_FILE
from features.reference.networks import build

NETWORKS = build([(0xC0000200, 0xC00002FF, 16509), (0xC6336400, 0xC63364FF, 3320)], [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NETWORKS_FILE).write_bytes(NETWORKS.encode())
    (tmp_path / TOR_FILE).write_text("# exits\n192.0.2.9\n\n2001:DB8::9  # one of IPv6\r\n")
    (tmp_path / DISPOSABLE_FILE).write_text("Throwaway.example\nbücher.example\nfree.mail.example\n")
    return tmp_path


@pytest.mark.parametrize("place", [None, Path("/nowhere/at/all"), Path(__file__)])
def test_without_files_there_are_defaults_and_it_is_said_what_is_absent(place: Path | None) -> None:
    reference = load_reference(place)
    assert reference.absent == ("asn", "tor")
    assert reference.network(None, "192.0.2.1") is None
    assert reference.is_hosting(None, "192.0.2.1") is False
    assert reference.is_tor("192.0.2.9") is False
    assert reference.version.endswith("asn:- tor:-")
    assert reference.is_disposable("x@mailinator.com") is True


def test_the_events_own_number_goes_before_the_table(folder: Path) -> None:
    reference = load_reference(folder)
    assert reference.absent == ()
    assert reference.network(64500, "192.0.2.1") == 64500
    assert reference.network(None, "192.0.2.1") == reference.network(0, "192.0.2.1") == 16509
    assert reference.network(None, "203.0.113.1") is None
    assert reference.network(None, None) is reference.network(0, "no address") is None


def test_a_network_that_rents_out_servers_is_known_by_number_or_address(folder: Path) -> None:
    reference = load_reference(folder)
    assert reference.is_hosting(16509, None) is reference.is_hosting(None, "192.0.2.1") is True
    assert reference.is_hosting(3320, "192.0.2.1") is reference.is_hosting(None, "198.51.100.1") is False
    assert reference.is_hosting(None, None) is False


def test_exits_of_tor_are_known_in_every_spelling(folder: Path) -> None:
    reference = load_reference(folder)
    for address in ("192.0.2.9", "::ffff:192.0.2.9", "2001:db8:0:0::9"):
        assert reference.is_tor(address) is True
    for other in ("192.0.2.8", "", "# exits", None):
        assert reference.is_tor(other) is False


@pytest.mark.parametrize(
    ("address", "disposable"),
    [
        ("x@mailinator.com", True),
        ("X@eu.MAILINATOR.com.", True),
        ("x <x@throwaway.example>", True),
        ("x@any.throwaway.example", True),
        ("x@xn--bcher-kva.example", True),
        ("x@bücher.example", True),
        ("x@free.mail.example", True),
        ("x@a.free.mail.example", True),
        ("x@mail.example", False),
        ("x@gmail.com", False),
        ("x@mythrowaway.example", False),
        ("mailinator.com", False),
        ("@", False),
        ("", False),
        (None, False),
    ],
)
def test_throw_away_addresses_are_known_by_their_domain_or_one_above(
    folder: Path, address: str | None, disposable: bool
) -> None:
    assert load_reference(folder).is_disposable(address) is disposable


def test_a_country_is_the_events_own() -> None:
    reference = load_reference(None)
    assert [reference.country(one, "192.0.2.1") for one in ("de", " DE", "", None)] == ["DE", "DE", None, None]


def test_a_file_in_the_folder_replaces_the_list_of_hosting_networks(folder: Path) -> None:
    shipped = load_reference(folder)
    (folder / HOSTING_FILE).write_text("AS3320 # mine\n64500\n")
    own = load_reference(folder)
    assert own.is_hosting(3320, None) is own.is_hosting(64500, None) is True
    assert own.is_hosting(16509, None) is False
    assert own.version != shipped.version


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (TOR_FILE, "192.0.2.9\n<html>\n", ":2: "),
        (TOR_FILE, "192.0.2.0/24\n", ":1: "),
        (HOSTING_FILE, "1\nAS\n", ":2: "),
        (HOSTING_FILE, "4294967296\n", ":1: "),
        (HOSTING_FILE, "0\n", ":1: "),
        (HOSTING_FILE, "9" * 5000 + "\n", ":1: "),
        (DISPOSABLE_FILE, "a.example\nx@a.example\n", ":2: "),
        (DISPOSABLE_FILE, "com\n", ":1: "),
        (NETWORKS_FILE, "weir asn table 1\n half of it", ": "),
    ],
)
def test_a_broken_file_is_refused_with_its_name_line_and_remedy_but_not_its_words(
    folder: Path, name: str, text: str, place: str
) -> None:
    (folder / name).write_text(text)
    with pytest.raises(ReferenceDataError) as refused:
        load_reference(folder)
    assert f"{folder / name}{place}" in str(refused.value)
    assert "remove" in str(refused.value)
    assert "html" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_not_an_absent_one(folder: Path) -> None:
    (folder / TOR_FILE).unlink()
    (folder / TOR_FILE).mkdir()
    with pytest.raises(ReferenceDataError, match=TOR_FILE):
        load_reference(folder)


@pytest.mark.parametrize("name", [NETWORKS_FILE, TOR_FILE, DISPOSABLE_FILE])
def test_the_version_follows_the_content_of_each_file_and_nothing_else(folder: Path, name: str) -> None:
    before = load_reference(folder).version
    data = (folder / name).read_bytes()
    (folder / name).unlink()
    without = load_reference(folder).version
    (folder / name).write_bytes(data)
    assert load_reference(folder).version == before != without


def test_another_process_names_the_same_version(folder: Path) -> None:
    program = "import sys, pathlib; from features.reference import load_reference as load; " \
              "print(load(pathlib.Path(sys.argv[1])).version)"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == load_reference(folder).version


def test_the_tables_cannot_be_changed(folder: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        load_reference(folder).version = "another"  # type: ignore[misc]


def test_every_question_says_the_type_of_its_answer() -> None:
    answers = {name: get_type_hints(ask)["return"] for name, ask in vars(Reference).items()
               if callable(ask) and not name.startswith("_")}  # fmt: skip
    assert answers == {
        "network": int | None, "is_hosting": bool, "is_tor": bool, "is_disposable": bool, "country": str | None,
        "agent": str | None, "browser": str | None, "os": str | None, "device_type": str | None,
    }  # fmt: skip


def test_the_list_that_ships_names_each_network_once_and_says_where_it_comes_from() -> None:
    text = (Path(sys.modules["features.reference"].__path__[0]) / HOSTING_FILE).read_text()
    numbers = [line.split()[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(numbers) == len(set(numbers)) == len(load_reference(None).hosting) > 100
    assert "Where it comes from" in text
