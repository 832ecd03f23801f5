"""``weir reference``: fetch the data that features look up, and say what there is of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from features.reference import Reference, load_reference
from features.reference.load import NETWORKS_FILE, TOR_FILE
from streams.reference.fetch import Entry, fetch_networks, fetch_tor, read_manifest
from streams.reference.watch import REMEDIES, remedy
from streams.settings import load_settings

_PLACE = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# What comes with libraries and with Weir itself: source, licence.
_SHIPPED = {
    "suffixes": ("publicsuffixlist (Python package)", "MPL-2.0"),
    "agents": ("ua-parser-builtins (Python package)", "Apache-2.0"),
    "disposable": ("disposable-email-domains (Python package)", "MIT"),
    "hosting": ("hosting_asns.txt", "Apache-2.0, as Weir"),
}
_FETCHED = {"asn": NETWORKS_FILE, "tor": TOR_FILE}


class _Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """``version`` goes into verdicts; ``published`` is the publisher's own."""

    name: str
    present: bool
    version: str
    source: str | None = None
    published: str | None = None
    licence: str | None = None
    attribution: str | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    fetched: str | None = None
    remedy: str | None = None


@click.group()
def reference() -> None:
    """Data that the world publishes: networks, Tor exits, disposable mail, user agents."""


@reference.command()
@click.option("--from", "source", type=_PLACE, help="The table of networks: a folder, .tgz or .zip.")
@click.option("--tor", type=_FILE, help="Tor's exits, an address a line. Alone, it leaves the networks as they are.")
def fetch(source: Path | None, tor: Path | None) -> None:
    """Fetch the table of networks (by default with npm) into the reference folder; running workers notice.

    --from takes the package @ip-location-db/asn, its CSV files, or the CSV edition of GeoLite2-ASN.
    """
    folder = load_settings().reference_folder
    if source is not None or tor is None:
        _tell("asn", fetch_networks(folder, source))
    if tor is not None:
        _tell("tor", fetch_tor(folder, tor))


@reference.command()
@click.option("--json", "as_json", is_flag=True, help="One object, with licences and attributions.")
def show(as_json: bool) -> None:
    """Tell what is in use, its version and licence, and how to get what is absent."""
    folder = load_settings().reference_folder
    loaded = load_reference(folder)
    tables = [_row(name, folder, loaded) for name in loaded.versions]
    if as_json:
        answer = {"folder": str(folder), "version": loaded.version, "tables": tables}
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
        return
    console = Console()
    if not console.is_terminal:
        console.width = 160
    shown = Table("table", "version", "holds", "source", "licence", show_edge=False)
    for row in tables:
        holds = ", ".join(f"{count} {what}" for what, count in row.counts.items())
        source = f"{row.source} {row.published or ''}" if row.present else f"absent: {row.remedy}"
        shown.add_row(row.name, row.version, holds, source, row.licence or "")
    console.print(shown, highlight=False)


def tell_absent(command: str, reference: Reference) -> None:
    """Say on standard error, once a command, which tables are absent: what is looked up there has its default."""
    if reference.absent:
        absent = ", ".join(reference.absent)
        click.echo(f"{command}: reference data is absent ({absent}), get it with: {remedy(reference)}", err=True)


def _row(name: str, folder: Path, loaded: Reference) -> _Row:
    version, counts = loaded.versions[name], {}
    if name in loaded.absent:
        return _Row(name, False, version, remedy=REMEDIES[name])
    if name in _SHIPPED:
        source, licence = _SHIPPED[name]
        if name == "disposable":
            counts = {"domains": len(loaded.disposable)}
        elif name == "hosting":
            counts = {"networks": len(loaded.hosting)}
        return _Row(name, True, version, source, licence=licence, counts=counts)
    path = folder / _FETCHED[name]
    entry = read_manifest(folder).get(path.name)
    if entry is None or hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
        return _Row(name, True, version, f"{path.name}, put there by hand")
    known = (entry.source, entry.version, entry.licence, entry.attribution, entry.counts, entry.fetched)
    return _Row(name, True, version, *known)


def _tell(name: str, entry: Entry) -> None:
    counts = ", ".join(f"{count} {what}" for what, count in entry.counts.items())
    click.echo(f"{name}: {entry.source} {entry.version}: {counts}; {entry.attribution}; {entry.licence}")
