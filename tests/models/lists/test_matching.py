"""Whether a value stands in a list: by its type, until its expiry, as quickly in a long list as in a short."""

from __future__ import annotations

import ipaddress
import random
import time
from typing import Any

import pytest

from models.lists import Entry, ListType, empty_list, list_of, normal


def holds(of: ListType, entries: list[str], value: Any, time_ms: int = 0, name: str = "x") -> bool:
    return list_of(of, [Entry(normal(of, text)) for text in entries]).holds(name, value, time_ms)


@pytest.mark.parametrize(
    ("of", "entries", "inside", "outside"),
    [
        ("ip", ["192.0.2.7"], ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.8", "", "ada", "192.0.2.7/32"]),
        ("ip", ["192.0.2.0/25", "2001:db8::/32"], ["192.0.2.127", "2001:DB8:ffff::1"], ["192.0.2.128", "2001:db9::"]),
        ("ip", ["0.0.0.0/0"], ["203.0.113.9"], ["::1"]),
        ("account", ["ada"], ["ada"], ["Ada", "ada ", "ad"]),
        (
            "domain",
            ["Example.com"],
            ["example.COM", "mail.example.com", "a.b.example.com."],
            ["badexample.com", "com"],
        ),
        ("domain", ["bücher.example"], ["www.BÜCHER.example", "xn--bcher-kva.example"], ["example"]),
        ("domain", ["example.com"], ["Eve@Mail.Example.com"], ["example.com@evil.test", "eve@", ""]),
        ("domain", ["192.0.2.7"], ["192.0.2.7"], ["2.7"]),
        ("asn", ["AS64500"], [64500, "64500"], [64501, "AS64500", 0]),
        ("hash", ["DEADBEEF"], ["deadbeef", "DeadBeef"], ["deadbeef00"]),
        ("text", ["buy now", "7"], ["buy now", 7], ["Buy now", "buy", 7.5]),
        ("text", ["b"], [["a", "b"], ("b",)], [["a"], []]),
    ],
)
def test_values_are_found_as_their_type_says(
    of: ListType, entries: list[str], inside: list[Any], outside: list[Any]
) -> None:
    assert [value for value in inside if not holds(of, entries, value)] == []
    assert [value for value in outside if holds(of, entries, value)] == []
    assert not holds(of, entries, None)


def test_an_entity_is_found_under_its_name_and_an_address_also_by_a_network() -> None:
    entries = ["account=ada", "ip=192.0.2.0/24", "ip=2001:DB8::1", "subnet=198.51.100.0/24"]
    for name, value in (
        ("account", "ada"),
        ("ip", "192.0.2.9"),
        ("ip", "2001:db8::1"),
        ("subnet", "198.51.100.0/24"),
    ):
        assert holds("entity", entries, value, name=name)
    for name, value in (("device", "ada"), ("account", "Ada"), ("ip", "192.0.3.9"), ("subnet", "192.0.2.0/24")):
        assert not holds("entity", entries, value, name=name)


@pytest.mark.parametrize(
    ("of", "value", "asked"),
    [
        ("ip", "192.0.2.0/24", "192.0.2.1"),
        ("account", "ada", "ada"),
        ("domain", "example.com", "a.example.com"),
        ("entity", "ip=192.0.2.0/24", "192.0.2.1"),
        ("entity", "account=ada", "ada"),
    ],
)
def test_an_entry_counts_before_its_expiry_and_not_from_then_on(of: ListType, value: str, asked: str) -> None:
    name = value.partition("=")[0]
    one = list_of(of, [Entry(value, expires_ms=1000)])
    assert one.holds(name, asked, 999)
    assert one.holds(name, asked, -(10**12))
    assert not one.holds(name, asked, 1000)
    one.put(value, None)
    assert one.holds(name, asked, 10**15)
    assert len(one) == 1


def test_an_expired_narrow_network_does_not_hide_a_wide_one() -> None:
    one = list_of("ip", [Entry("192.0.2.0/24", 1000), Entry("192.0.0.0/16", None), Entry("192.0.2.7", 500)])
    assert one.holds("ip", "192.0.2.7", 5000)


@pytest.mark.parametrize("of", ["ip", "account", "domain", "asn", "hash", "text", "entity"])
def test_what_is_taken_out_is_gone_and_the_rest_stays(of: ListType) -> None:
    values: dict[ListType, list[str]] = {
        "ip": ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32", "198.51.100.1"],
        "domain": ["a.example", "example", "b.example"],
        "asn": ["1", "2"],
        "hash": ["deadbeef", "deadbeef00"],
        "entity": ["ip=192.0.2.0/24", "ip=192.0.2.1", "account=ada", "device=ada"],
    }
    texts = values.get(of, ["ada", "eve"])
    one = empty_list(of)
    for text in texts:
        one.put(text, None)
    assert len(one) == len(texts)
    for text in texts:
        one.drop(text)
        one.drop(text)
    assert len(one) == 0
    asked = [(text.partition("=")[0], text.rpartition("=")[2].partition("/")[0]) for text in texts]
    assert not any(one.holds(name, value, 0) for name, value in asked)
    one.put(texts[0], None)
    assert one.holds(*asked[0], 0)


def test_containment_agrees_with_the_standard_library_for_random_networks() -> None:
    chance = random.Random(5)
    networks = [
        ipaddress.ip_network((chance.getrandbits(32) >> (32 - length) << (32 - length), length))
        for length in [chance.randrange(6, 33) for _ in range(60)]
    ]
    one = list_of("ip", [Entry(normal("ip", str(network))) for network in networks])
    found = 0
    for _ in range(3000):
        inside = chance.choice(networks)
        address = (
            ipaddress.ip_address(chance.getrandbits(32))
            if chance.random() < 0.5
            else inside[chance.randrange(inside.num_addresses)]
        )
        expected = any(address in network for network in networks)
        assert one.holds("ip", str(address), 0) is expected
        found += expected
    assert 1500 < found < 3000


def test_a_long_list_is_asked_as_quickly_as_a_short_one() -> None:
    def microseconds(count: int) -> float:
        entries = [Entry(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(count)]
        one = list_of("ip", [*entries, Entry("192.0.2.0/24"), Entry("172.16.0.0/12")])
        best = 1e9
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(1000):
                one.holds("ip", "203.0.113.9", 0)
            best = min(best, time.perf_counter() - start)
        return best * 1000

    assert microseconds(100_000) < 5 * microseconds(10) + 5
