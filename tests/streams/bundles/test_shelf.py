"""Every bundle is found by its hash, and how a kind stands is told though it be broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.bundles import SHIPPED, altered
from support.events import CATALOGUES

from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles.shelf import BundleShelf
from streams.bundles.wire import Current, Shipment, bundle_key, current_key, encode_bundle, encode_current

OTHER = altered()


def shelf(*bundles: Bundle, **current: Current | bytes) -> BundleShelf:
    control = {bundle_key(bundle.hash): encode_bundle(bundle) for bundle in bundles}
    control |= {
        current_key(kind): value if isinstance(value, bytes) else encode_current(value)
        for kind, value in current.items()
    }
    return BundleShelf(CATALOGUES, control)


def test_a_bundle_is_found_by_the_hash_that_verdicts_name_and_compiled_once() -> None:
    known = shelf(OTHER)
    found = known.get("login", OTHER.hash)
    assert (found.hash, found.engine.rules) == (OTHER.hash, OTHER.engine.rules)
    assert known.get("login", OTHER.hash) is found


def test_what_ships_is_found_though_the_topic_be_empty() -> None:
    assert shelf().get("mail", SHIPPED["mail"].hash).hash == SHIPPED["mail"].hash


def test_an_unknown_hash_is_refused_with_the_nearest_and_a_broken_bundle_with_its_fault() -> None:
    known = shelf(OTHER)
    near = OTHER.hash[:-1] + ("0" if OTHER.hash[-1] != "0" else "1")
    with pytest.raises(RuleError, match=f"no bundle {near}: did you mean {OTHER.hash}"):
        known.get("login", near)
    with pytest.raises(RuleError, match="no bundle zzzz: it never judged with this Kafka"):
        known.get("login", "zzzz")
    with pytest.raises(RuleError, match="there is no kind 'quiz' here: see the setting kinds_folders"):
        known.get("quiz", OTHER.hash)
    with pytest.raises(RuleError, match=f"bundle {OTHER.hash} cannot be used: it is a bundle of the kind 'login'"):
        known.get("mail", OTHER.hash)


def test_a_hash_may_be_shortened_as_long_as_it_is_one() -> None:
    known = shelf(OTHER)
    assert known.whole_hash(OTHER.hash[:6]) == OTHER.hash
    assert known.whole_hash(SHIPPED["login"].hash[:6]) == SHIPPED["login"].hash
    assert known.whole_hash(OTHER.hash[:3]) is None
    assert known.whole_hash("zzzz") is None
    twin = replace(OTHER, hash=OTHER.hash[:8] + "z" * 8)
    with pytest.raises(RuleError, match=f"2 bundles begin with {OTHER.hash[:8]}"):
        shelf(OTHER, twin).whole_hash(OTHER.hash[:8])
    assert shelf(OTHER, replace(OTHER, hash=f"{OTHER.hash}0")).whole_hash(OTHER.hash) == OTHER.hash


def test_where_nothing_was_published_what_ships_is_in_force_and_still_to_be_sent() -> None:
    now = shelf().now("login")
    assert (now.hash, now.seen, now.history, now.fault) == (SHIPPED["login"].hash, None, (), "")
    assert now.unsent == encode_bundle(SHIPPED["login"])
    assert shelf(SHIPPED["login"]).now("login").unsent is None


def test_what_was_published_is_in_force_with_its_history() -> None:
    shipment = Shipment(hash=OTHER.hash, at_ms=7, by="ada", note="", replaced=SHIPPED["login"].hash)
    current = Current(hash=OTHER.hash, history=(shipment,))
    now = shelf(OTHER, login=current).now("login")
    assert (now.hash, now.seen, now.history) == (OTHER.hash, encode_current(current), (shipment,))
    assert (now.unsent, now.fault) == (None, "")


def test_what_workers_cannot_take_is_told_as_the_fault_of_what_is_seen() -> None:
    assert "no bundle" in shelf(login=Current(hash=OTHER.hash, history=())).now("login").fault
    now = shelf(login=b"{").now("login")
    assert (now.seen, now.hash, now.history) == (b"{", SHIPPED["login"].hash, ())
    assert "'weir rules publish' sends" in now.fault


def test_a_bundle_is_sent_again_as_it_was_sent() -> None:
    control = {bundle_key("0" * 16): b"as it was"}
    assert BundleShelf(CATALOGUES, control).value("0" * 16) == b"as it was"
    assert shelf().value(SHIPPED["mail"].hash) == encode_bundle(SHIPPED["mail"])
    with pytest.raises(RuleError, match="no bundle"):
        shelf().value("0" * 16)
