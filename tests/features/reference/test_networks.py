"""The table of networks answers as a search through the ranges does, and a broken file is never half used."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.reference.networks import BrokenTable, NetworkTable, build, decode

RANGES4 = [(0x0A000000, 0x0A0000FF, 1), (0x0A000100, 0x0A0001FF, 2), (0x0A000300, 0x0A0003FF, 3)]
RANGES6 = [(0x20010DB8 << 96, (0x20010DB8 << 96) + (1 << 80) - 1, 2**32 - 1)]


@pytest.fixture(params=["built", "decoded"])
def table(request: pytest.FixtureRequest) -> NetworkTable:
    built = build(RANGES4, RANGES6)
    return built if request.param == "built" else decode(built.encode())


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("9.255.255.255", None),
        ("10.0.0.0", 1),
        ("10.0.0.255", 1),
        ("10.0.1.0", 2),
        ("10.0.1.255", 2),
        ("10.0.2.0", None),
        ("10.0.2.255", None),
        ("10.0.3.255", 3),
        ("10.0.4.0", None),
        ("255.255.255.255", None),
        ("::ffff:10.0.0.7", 1),
        ("2001:db8::", 2**32 - 1),
        ("2001:db8:0:ffff:ffff:ffff:ffff:ffff", 2**32 - 1),
        ("2001:db8:1::", None),
        ("2001:db7:ffff::", None),
        ("", None),
        ("10.0.0", None),
        ("mail.example", None),
    ],
)
def test_both_ends_of_a_range_are_in_it_and_gaps_are_nobodys(
    table: NetworkTable, address: str, owner: int | None
) -> None:
    assert table.owner(address) == owner


def test_the_whole_space_can_be_one_range() -> None:
    table = build([(0, 2**32 - 1, 7)], [(0, 2**128 - 1, 8)])
    assert [table.owner(one) for one in ("0.0.0.0", "255.255.255.255", "::1:0:0:0:0", "ffff::")] == [7, 7, 8, 8]
    assert decode(table.encode()).owner("255.255.255.255") == 7


def test_an_empty_table_knows_nobody() -> None:
    assert decode(build([], []).encode()).owner("192.0.2.1") is None


_NESTED = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20), st.integers(1, 4)), max_size=12)


def narrowest(ranges: list[tuple[int, int, int]], number: int) -> set[int]:
    """Owners of the narrowest ranges around a number; more than one where ranges of one width disagree."""
    around = [(last - first, owner) for first, last, owner in ranges if first <= number <= last]
    return {owner for width, owner in around if width == min(around)[0]}


def disjoint_or_nested(ranges: list[tuple[int, int, int]]) -> bool:
    return all(
        a[1] < b[0] or b[1] < a[0] or (a[0] <= b[0] and b[1] <= a[1]) or (b[0] <= a[0] and a[1] <= b[1])
        for a in ranges
        for b in ranges
    )


@settings(max_examples=300, deadline=None)
@given(_NESTED, st.booleans())
def test_any_order_of_ranges_gives_the_owner_of_the_narrowest_around_an_address(
    made: list[tuple[int, int, int]], six: bool
) -> None:
    ranges = [(first, first + width, owner) for first, width, owner in made]
    if six:
        wide = [(first << 64, (last + 1 << 64) - 1, owner) for first, last, owner in ranges]
        table, address = build([], wide), lambda number: str(IPv6Address((number << 64) + 5))
    else:
        table, address = build(ranges, []), lambda number: str(IPv4Address(number))
    for number in range(85):
        if six and number == 0:
            # ::/64 holds the mapped IPv4 addresses, which are those.
            continue
        expected, owner = narrowest(ranges, number), table.owner(address(number))
        if disjoint_or_nested(ranges):
            assert owner in expected if expected else owner is None
        else:
            assert (owner is None) == (not expected)


def test_a_range_finer_than_a_64_leaves_its_surroundings_alone() -> None:
    outer, inner = (1 << 64, (3 << 64) - 1, 1), ((1 << 64) + 4, (1 << 64) + 9, 2)
    assert build([], [outer, inner]).owner(str(IPv6Address((1 << 64) + 5))) == 1


def test_neighbours_of_one_owner_are_one_range() -> None:
    assert len(build([(0, 9, 1), (10, 19, 1), (20, 29, 2)], []).starts4) == 3


@pytest.mark.parametrize("change", ["cut", "flip", "longer", "magic", "empty", "head"])
def test_a_table_that_was_cut_or_altered_is_refused(change: str) -> None:
    good = build(RANGES4, RANGES6).encode()
    broken = {
        "cut": good[:-1],
        "flip": good[:-5] + bytes([good[-5] ^ 1]) + good[-4:],
        "longer": good + b"\0",
        "magic": b"W" + good[1:],
        "empty": b"",
        "head": good[:20],
    }[change]
    with pytest.raises(BrokenTable):
        decode(broken)


def test_the_same_ranges_give_the_same_bytes_in_any_order() -> None:
    assert build(RANGES4[::-1], RANGES6).encode() == build(RANGES4, RANGES6).encode()
