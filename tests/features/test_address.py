"""One spelling for one address and one domain, whatever was written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.address import email_domain, ip_address, packed_ip, registrable_domain, subnet


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:0201", "192.0.2.1"),
        ("::", "::"),
    ],
)
def test_an_address_has_one_spelling(written: str, canonical: str) -> None:
    assert ip_address(written) == canonical


@pytest.mark.parametrize(
    "written",
    ["", " ", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1 ", "0x7f.1", "1.2.3.4\x00", "::1%lo", "[::1]",
     "a:b", "192.0.2.0/24", "\ud800", "１.2.3.4", "1" * 5000, ":" * 5000],
)  # fmt: skip
def test_what_is_no_address_is_none(written: str) -> None:
    assert (packed_ip(written), ip_address(written), subnet(written)) == (None, None, None)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.255", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("2001:db8:1:0:5::", "2001:db8:1::/48"),
        ("::1", "::/48"),
    ],
)
def test_a_subnet_is_a_slash_24_or_a_slash_48(address: str, network: str) -> None:
    assert subnet(address) == network
    assert ipaddress.ip_network(network)


@given(st.ip_addresses())
def test_every_address_is_canonical_and_inside_its_subnet(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    canonical = ip_address(address.exploded)
    network = subnet(address.exploded)
    assert canonical is not None
    assert network is not None
    assert ip_address(canonical) == canonical
    assert ipaddress.ip_address(canonical) in ipaddress.ip_network(network)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("mail.example.co.uk", "example.co.uk"),
        ("EXAMPLE.org.", "example.org"),
        (" a.b.example.org ", "example.org"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("me.github.io", "me.github.io"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("[IPv6:2001:DB8::1]", "2001:db8::1"),
    ],
)
def test_a_domain_is_what_somebody_registered(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


def test_mails_from_different_address_literals_are_not_one_domain() -> None:
    assert email_domain("a@[192.0.2.1]") != email_domain("a@[198.51.2.1]")


@pytest.mark.parametrize("host", ["", ".", "...", " ", "a" * 254])
def test_what_is_no_host_has_no_domain(host: str) -> None:
    assert registrable_domain(host) is None


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@b@example.com", "example.com"),
        ("<a@example.com>", "example.com"),
        ("no-at", None),
        ("a@", None),
        ("@", None),
    ],
)
def test_the_domain_of_a_mail_address_stands_after_its_last_at(address: str, domain: str | None) -> None:
    assert email_domain(address) == domain


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    for value in (ip_address(text), subnet(text), registrable_domain(text), email_domain(f"a@{text}")):
        assert value is None or value


@given(st.lists(st.sampled_from(["a", "www", "uk", "co", "com", "", "bücher", "xn--p1ai", "1"]), max_size=6))
def test_a_registrable_domain_is_its_own(labels: list[str]) -> None:
    domain = registrable_domain(".".join(labels))
    assert domain is None or registrable_domain(domain) == domain
