"""Published tables in each of their forms give the same networks; a line that is none is named."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import ReferenceDataError
from streams.reference.convert import Published, convert

NUMBERS = {
    "asn-ipv4-num.csv": '3221225984,3221226239,64500,"One, Inc."\n3325256704,3325256959,64501,Two\n',
    "asn-ipv6-num.csv": "42540766411282592856903984951653826560,42540766411283801782723599580828532735,64502,Three\n",
}
ADDRESSES = {
    "asn-ipv4.csv": '192.0.2.0,192.0.2.255,64500,"One, Inc."\n198.51.100.0,198.51.100.255,64501,Two\n',
    "asn-ipv6.csv": "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64502,Three\n",
}
HEAD = "network,autonomous_system_number,autonomous_system_organization\n"
GEOLITE = {
    "GeoLite2-ASN-Blocks-IPv4.csv": HEAD + '192.0.2.0/24,64500,"One, Inc."\n198.51.100.0/24,64501,Two\n',
    "GeoLite2-ASN-Blocks-IPv6.csv": HEAD + "2001:db8::/48,64502,Three\n",
}
PACKAGE = {"package.json": '{"version": "2.3.2026061719"}'}
ASKED = {
    "192.0.2.255": 64500, "198.51.100.0": 64501, "192.0.3.0": None, "2001:db8:0:ffff::1": 64502, "2001:db8:1::": None,
}  # fmt: skip


def folder(place: Path, files: dict[str, str]) -> Path:
    """The files in a folder of their own, below ``place``."""
    inner = place / "GeoLite2-ASN-CSV_20261120"
    inner.mkdir()
    for name, text in files.items():
        (inner / name).write_text(text)
    return place


def zipped(place: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(place / "given.zip", "w") as packed:
        for name, text in files.items():
            packed.writestr(f"GeoLite2-ASN-CSV_20261120/{name}", text)
    return place / "given.zip"


def tarred(place: Path, files: dict[str, str]) -> Path:
    with tarfile.open(place / "asn-20261120.tgz", "w:gz") as packed:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            packed.addfile(member, io.BytesIO(text.encode()))
    return place / "asn-20261120.tgz"


def answers(published: Published) -> dict[str, int | None]:
    return {address: published.table.owner(address) for address in ASKED}


@pytest.mark.parametrize("pack", [folder, zipped, tarred])
@pytest.mark.parametrize("files", [NUMBERS, ADDRESSES, GEOLITE])
def test_every_form_in_every_wrapping_gives_the_same_networks(
    tmp_path: Path, files: dict[str, str], pack: Callable[[Path, dict[str, str]], Path]
) -> None:
    published = convert(pack(tmp_path, files))
    assert answers(published) == ASKED
    assert published.ranges == {"ipv4": 2, "ipv6": 1}
    assert published.version == "20261120"


def test_the_package_tells_its_version_and_its_licence_goes_along(tmp_path: Path) -> None:
    published = convert(tarred(tmp_path, NUMBERS | PACKAGE))
    assert (published.source, published.version) == ("@ip-location-db/asn", "2.3.2026061719")
    assert "CC BY 4.0" in published.licence
    assert all(name in published.attribution for name in ("RouteViews", "DB-IP", "NRO"))


def test_geolite_says_that_it_is_maxminds(tmp_path: Path) -> None:
    published = convert(folder(tmp_path, GEOLITE))
    assert published.source == "GeoLite2-ASN"
    assert "created by MaxMind" in published.attribution


@pytest.mark.parametrize("package", ["", "[]", "{}", "\xff"])
def test_a_package_without_a_readable_version_is_of_unknown_version(tmp_path: Path, package: str) -> None:
    (tmp_path / "package.json").write_text(package)
    for name, text in NUMBERS.items():
        (tmp_path / name).write_text(text)
    assert convert(tmp_path).version == "unknown"


@pytest.mark.parametrize(
    "line",
    ["1,2", "a,b,3", "5,4,3", "-1,4,3", "0,4294967296,3", "0,4,4294967296", "0,4,-3", "192.0.2.0,192.0.2.9,3", '"']
)  # fmt: skip
def test_a_line_that_is_no_range_is_named_by_file_and_number(tmp_path: Path, line: str) -> None:
    broken = NUMBERS | {"asn-ipv4-num.csv": NUMBERS["asn-ipv4-num.csv"] + line + "\n"}
    with pytest.raises(ReferenceDataError, match=r"asn-ipv4-num\.csv:3: "):
        convert(folder(tmp_path, broken))


def test_a_table_of_one_family_or_an_empty_one_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="holds no table of networks that is known here"):
        convert(tmp_path)
    (tmp_path / "asn-ipv4-num.csv").write_text(NUMBERS["asn-ipv4-num.csv"])
    with pytest.raises(ReferenceDataError, match="holds no table"):
        convert(tmp_path)
    (tmp_path / "asn-ipv6-num.csv").write_text("")
    with pytest.raises(ReferenceDataError, match="is empty"):
        convert(tmp_path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x1f\x8b\x08 no gzip", b"text"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(ReferenceDataError, match=r"give a folder, a \.tgz or a \.zip"):
        convert(tmp_path / "given")


def test_an_archive_that_was_cut_is_refused(tmp_path: Path) -> None:
    whole = tarred(tmp_path, {**NUMBERS, "asn-ipv4-num.csv": "".join(f"{n},{n},{n + 1},x\n" for n in range(5000))})
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(ReferenceDataError, match="cannot be read"):
        convert(whole)
