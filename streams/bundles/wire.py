"""What the control topic holds of bundles: ``bundle/<hash>``, and ``current/<kind>`` with its history."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from features.catalogue import Catalogue
from models.bundle import Bundle, BundleText, compile_bundle
from models.errors import RuleError
from models.lists import ListFile
from models.policy import Policy
from models.rules.rule import Rule

BUNDLE_KEY = "bundle/"
CURRENT_KEY = "current/"
# The topic takes 8 MiB, see streams/topics.py.
LONGEST_BYTES = 8_000_000
# Topics are compacted to the newest value of a key, so that the history has to be part of it.
MOST_SHIPMENTS = 100


class BundleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle as people wrote it. It is never taken back: verdicts name it.

    ``hash``: of what the files say, whatever they are called. ``hashing``: how ``hash`` was computed; a release
    that knows other keys in rules gives the same files another hash, and this one then remains the bundle's name.
    """

    hash: str
    hashing: str
    text: BundleText


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """One change of what is in force. ``at_ms``: by the brokers' clock, in milliseconds since 1970.

    ``replaced``: the bundle in force before. ``rollback``: it went back to an earlier one.
    """

    hash: str
    at_ms: int
    by: str
    note: str
    replaced: str
    rollback: bool = False


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """The bundle in force for a kind, and the changes that led there: at most 100, the newest first."""

    hash: str
    history: tuple[Shipment, ...]


def bundle_key(bundle_hash: str) -> str:
    return f"{BUNDLE_KEY}{bundle_hash}"


def current_key(kind: str) -> str:
    return f"{CURRENT_KEY}{kind}"


def encode_bundle(bundle: Bundle) -> bytes:
    """The value of ``bundle/<hash>``; raises RuleError if it is larger than the control topic takes."""
    value = msgspec.json.encode(BundleRecord(hash=bundle.hash, hashing=_HASHING, text=bundle.text))
    if len(value) > LONGEST_BYTES:
        raise RuleError(
            f"the bundle of {bundle.text.kind} has {len(value):,} bytes, and at most {LONGEST_BYTES:,} can be sent: "
            "move long lists from files to the control topic (weir lists add)"
        )
    return value


def decode_bundle(value: bytes) -> BundleRecord:
    """Raises RuleError."""
    try:
        return msgspec.json.decode(value, type=BundleRecord)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RuleError(f"no bundle that 'weir rules publish' sends: {error}") from None


def open_bundle(value: bytes, wanted: str, catalogue: Catalogue) -> Bundle:
    """Compile what stands under ``bundle/<wanted>``; raises RuleError if that is not this bundle of this kind."""
    record = decode_bundle(value)
    if record.hash != wanted:
        raise RuleError(f"under the hash {wanted} stands the bundle {record.hash}")
    if record.text.kind != catalogue.kind.name:
        raise RuleError(f"it is a bundle of the kind {record.text.kind!r}, not of {catalogue.kind.name!r}")
    bundle = compile_bundle(record.text, catalogue)
    if bundle.hash == wanted:
        return bundle
    if record.hashing == _HASHING:
        raise RuleError(f"its content has the hash {bundle.hash}, not {wanted}")
    return replace(bundle, hash=wanted)


def encode_current(current: Current) -> bytes:
    return msgspec.json.encode(current)


def decode_current(value: bytes) -> Current:
    """Raises RuleError."""
    try:
        return msgspec.json.decode(value, type=Current)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RuleError(f"no value that 'weir rules publish' sends: {error}") from None


def current_of(control: Mapping[str, bytes], kind: str) -> Current | None:
    """What was published for a kind; None: what ships with the workers. Raises RuleError."""
    value = control.get(current_key(kind))
    return None if value is None else decode_current(value)


def _hashing() -> str:
    """Another one whenever a rule or a policy has other keys, and with them every bundle another hash."""
    _, parts = msgspec.json.schema_components([Rule, Policy, ListFile])
    known = {name: part.get("properties", {}) for name, part in parts.items()}
    return hashlib.blake2b(msgspec.json.encode(known, order="deterministic"), digest_size=4).hexdigest()


_HASHING = _hashing()
