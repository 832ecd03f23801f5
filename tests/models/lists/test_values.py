"""Every value of a list has one spelling; what is none of its type is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lists import ListError, ListType, normal

SPELLINGS: list[tuple[ListType, str, str]] = [
    ("ip", "192.0.2.7", "192.0.2.7"),
    ("ip", "::ffff:192.0.2.7", "192.0.2.7"),
    ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
    ("ip", "192.0.2.0/24", "192.0.2.0/24"),
    ("ip", "192.0.2.7/32", "192.0.2.7"),
    ("ip", "0.0.0.0/0", "0.0.0.0/0"),
    ("ip", "2001:DB8::/32", "2001:db8::/32"),
    ("ip", "::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ("account", "Ada Ö", "Ada Ö"),
    ("text", " padded ", " padded "),
    ("domain", "Example.COM.", "example.com"),
    ("domain", "bücher.example", "xn--bcher-kva.example"),
    ("domain", "zip", "zip"),
    ("domain", "192.0.2.7", "192.0.2.7"),
    ("asn", "AS64500", "64500"),
    ("asn", "064500", "64500"),
    ("hash", "DEADbeef", "deadbeef"),
    ("entity", "account=ada=1", "account=ada=1"),
    ("entity", "ip=2001:DB8::1", "ip=2001:db8::1"),
    ("entity", "ip=192.0.2.0/24", "ip=192.0.2.0/24"),
    ("entity", "account=10.0.0.1/eve", "account=10.0.0.1/eve"),
]


@pytest.mark.parametrize(("of", "text", "spelled"), SPELLINGS)
def test_a_value_has_one_spelling_which_is_its_own(of: ListType, text: str, spelled: str) -> None:
    assert normal(of, text) == spelled
    assert normal(of, spelled) == spelled


@pytest.mark.parametrize(
    ("of", "text"),
    [
        ("ip", "192.0.2"),
        ("ip", "192.0.2.7/24"),
        ("ip", "192.0.2.0/33"),
        ("ip", "192.0.2.0/255.255.255.0"),
        ("ip", "192.0.2.0/"),
        ("ip", "fe80::1%eth0"),
        ("ip", "example.com"),
        ("ip", " 192.0.2.7"),
        ("account", ""),
        ("account", "a" * 513),
        ("text", "\ud800"),
        ("domain", "exa mple.com"),
        ("domain", ".example.com"),
        ("domain", "*.example.com"),
        ("domain", "eve@example.com"),
        ("domain", "https://example.com/"),
        ("domain", "a" * 64 + ".example"),
        ("asn", "64500.5"),
        ("asn", "-1"),
        ("asn", "4294967296"),
        ("hash", "beef"),
        ("hash", "xyzxyzxyz"),
        ("entity", "ada"),
        ("entity", "account="),
        ("entity", "Account=ada"),
        ("entity", "ip=192.0.2.7/24"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(of: ListType, text: str) -> None:
    with pytest.raises(ListError):
        normal(of, text)


@pytest.mark.parametrize("of", ["ip", "domain", "asn", "hash", "entity"])
def test_a_message_does_not_repeat_the_value(of: ListType) -> None:
    with pytest.raises(ListError) as refused:
        normal(of, "Jane Roe?")
    assert "Jane" not in str(refused.value)


@given(st.sampled_from(["ip", "account", "domain", "asn", "hash", "text", "entity"]), st.text(max_size=40))
def test_any_text_has_a_spelling_that_stays_or_is_refused(of: ListType, text: str) -> None:
    try:
        spelled = normal(of, text)
    except ListError:
        return
    assert normal(of, spelled) == spelled
