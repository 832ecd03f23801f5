"""One mailbox has one spelling, whatever its owner made of the address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.mailbox import normalised_mailbox


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("jane@example.org", "jane@example.org"),
        ("  Jane@Example.ORG. ", "jane@example.org"),
        ("Jane Doe <jane@example.org>", "jane@example.org"),
        ("jane+shop@example.org", "jane@example.org"),
        ("jane+a+b@example.org", "jane@example.org"),
        ("+jane@example.org", "+jane@example.org"),
        ("jane.doe@example.org", "jane.doe@example.org"),
        ("J.a.n.e.Doe+x@gmail.com", "janedoe@gmail.com"),
        ("janedoe@googlemail.com", "janedoe@gmail.com"),
        ("jane.doe@mail.gmail.com", "jane.doe@mail.gmail.com"),
        ("jane_doe-1@protonmail.com", "janedoe1@proton.me"),
        ("jane@pm.me", "jane@proton.me"),
        ("jane@mac.com", "jane@icloud.com"),
        ("jane.doe@ya.ru", "jane-doe@yandex.ru"),
        ("jane-doe@yandex.com", "jane-doe@yandex.ru"),
        ("jane-shop@yahoo.com", "jane@yahoo.com"),
        ("jane-doe@example.org", "jane-doe@example.org"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("jane@XN--BCHER-KVA.example", "jane@xn--bcher-kva.example"),
        ("RENE\u0301@example.org", "ren\u00e9@example.org"),
        ("jane@[IPv6:2001:DB8::1]", "jane@[2001:db8::1]"),
        ("z.\u0301@gmail.com", "\u017a@gmail.com"),
        ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
        ('"Jane+Doe @ home"@example.org', '"jane+doe @ home"@example.org'),
    ],
)
def test_an_address_leads_to_its_mailbox(address: str, mailbox: str) -> None:
    assert normalised_mailbox(address) == mailbox


@pytest.mark.parametrize(
    "text",
    [None, "", "jane", "@", "jane@", "@example.org", "jane@-a.example", "jane@a..example", "jane@.example",
     "a@b@c.example",
     "...@gmail.com", "jane doe@example.org", "jane\n@example.org", "jane@[1.2.3]", "jane@" + "a" * 64 + ".example",
     "x" * 400 + "@example.org", "İ" * 200 + "@example.org",
     "jane@\u2028.example", 'ja"ne@example.org', "ja\x00ne@example.org",
     "jane@" + "é" * 100 + ".example"],
)  # fmt: skip
def test_what_is_no_address_has_no_mailbox(text: str | None) -> None:
    assert normalised_mailbox(text) is None


_PARTS = st.text(alphabet=st.sampled_from('aZ.+-_@<>" 1éİßΣ\u0301\u212a\ud800'), max_size=8) | st.text(max_size=8)
_DOMAINS = st.sampled_from(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "proton.me",
        "YA.RU",
        "bücher.example",
        "[192.0.2.1]",
        "ß.example",
        "",
    ]
)


@settings(max_examples=500, deadline=None)
@given(_PARTS, _DOMAINS | st.text(max_size=12))
def test_a_mailbox_of_a_mailbox_is_the_same_and_no_text_breaks_it(name: str, host: str) -> None:
    mailbox = normalised_mailbox(f"{name}@{host}")
    assert mailbox is None or normalised_mailbox(mailbox) == mailbox


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "\U0010ffff" * 100, "<" * 300, ">", "<>", '"', "+", "a" * 10**6, "😀"]
)
def test_hostile_text_breaks_nothing(text: str) -> None:
    for address in (text, f"{text}@example.org", f"jane@{text}"):
        mailbox = normalised_mailbox(address)
        assert mailbox is None or normalised_mailbox(mailbox) == mailbox
