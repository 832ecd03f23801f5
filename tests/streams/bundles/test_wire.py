"""A bundle comes back from the control topic as it was sent, or not at all."""

from __future__ import annotations

import msgspec
import pytest
from support.events import CATALOGUES

from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles import wire
from streams.bundles.folders import shipped_bundles
from streams.bundles.wire import (
    BundleRecord,
    Current,
    Shipment,
    decode_bundle,
    decode_current,
    encode_bundle,
    encode_current,
    open_bundle,
)

LOGIN = CATALOGUES["login"]
BUNDLE = shipped_bundles(CATALOGUES, [])["login"]


def resent(bundle: Bundle = BUNDLE, **changes: str) -> bytes:
    record = msgspec.json.decode(encode_bundle(bundle), type=BundleRecord)
    return msgspec.json.encode(msgspec.structs.replace(record, **changes))


def test_what_is_sent_compiles_to_the_same_bundle() -> None:
    opened = open_bundle(encode_bundle(BUNDLE), BUNDLE.hash, LOGIN)
    assert (opened.hash, opened.text, opened.policy) == (BUNDLE.hash, BUNDLE.text, BUNDLE.policy)
    assert opened.engine.rules == BUNDLE.engine.rules


def test_under_a_hash_stands_the_bundle_of_that_hash_and_of_that_kind() -> None:
    with pytest.raises(RuleError, match=f"under the hash {'0' * 16} stands the bundle {BUNDLE.hash}"):
        open_bundle(encode_bundle(BUNDLE), "0" * 16, LOGIN)
    with pytest.raises(RuleError, match=f"its content has the hash {BUNDLE.hash}, not {'0' * 16}"):
        open_bundle(resent(hash="0" * 16), "0" * 16, LOGIN)
    with pytest.raises(RuleError, match="it is a bundle of the kind 'login', not of 'mail'"):
        open_bundle(encode_bundle(BUNDLE), BUNDLE.hash, CATALOGUES["mail"])


def test_a_bundle_whose_hash_another_release_computed_keeps_that_name() -> None:
    opened = open_bundle(resent(hash="0" * 16, hashing="older"), "0" * 16, LOGIN)
    assert opened.hash == "0" * 16
    assert opened.engine.rules == BUNDLE.engine.rules


def test_a_bundle_that_is_too_large_is_refused_with_the_limit_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_BYTES", len(encode_bundle(BUNDLE)))
    encode_bundle(BUNDLE)
    monkeypatch.setattr(wire, "LONGEST_BYTES", len(encode_bundle(BUNDLE)) - 1)
    with pytest.raises(RuleError, match=r"the bundle of login has .* bytes, and at most .* can be sent: move long"):
        encode_bundle(BUNDLE)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b"{}", b'{"hash":7}', b"[" * 100_000])
def test_what_weir_did_not_write_is_refused_as_an_error_of_rules(value: bytes) -> None:
    with pytest.raises(RuleError, match="'weir rules publish' sends"):
        decode_bundle(value)
    with pytest.raises(RuleError, match="'weir rules publish' sends"):
        decode_current(value)


def test_what_is_current_comes_back_with_its_history() -> None:
    shipment = Shipment(hash="b", at_ms=7, by="ada", note="why", replaced="a", rollback=True)
    current = Current(hash="b", history=(shipment,))
    assert decode_current(encode_current(current)) == current
