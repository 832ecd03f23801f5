"""What a mail's headers, subject, links and attachments look like as numbers, on honest and on hostile mail."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import shape

RESULTS = st.sampled_from([None, "", "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"])
ADDRESS = st.text() | st.sampled_from(
    ["ada@mail.example", "<>", "@", "a@b@c", "a@[192.0.2.1]", "a@xn--", "@.", "a@ß.de"]
)
MAYBE = st.none() | ADDRESS
LISTS = st.lists(ADDRESS, max_size=20)


@given(st.text(), MAYBE)
def test_every_number_about_a_subject_is_within_its_range(subject: str, in_reply_to: str | None) -> None:
    assert 0 <= shape.exclamations(subject) <= len(subject)
    for yes_or_no in (shape.names_money, shape.is_gappy):
        assert yes_or_no(subject) in (0, 1)
    assert shape.is_false_reply(subject, in_reply_to) in (0, 1)
    form = shape.subject_form(subject)
    assert form is None or 0 < len(form) <= 128


@given(ADDRESS, MAYBE, LISTS | st.none(), RESULTS)
def test_every_number_about_a_sender_is_within_its_range(
    sender: str, other: str | None, recipients: list[str] | None, result: str | None
) -> None:
    assert shape.differs(sender, other) in (0, 1)
    assert shape.shows_other_address(sender, other) in (0, 1)
    assert shape.is_bare_greeting(sender) in (0, 1)
    assert shape.is_own_recipient(sender, recipients) in (0, 1)
    assert shape.is_unlisted(sender, recipients, 7, "inbound") in (0, 1)
    assert shape.is_spf_aligned(result or "", other, sender, other) in (0, 1)
    assert shape.checks_passed("inbound", result, "pass", result) in (1, 3)
    assert shape.failed(result or "") in (0, 1)


@given(LISTS, MAYBE)
def test_every_number_about_links_and_recipients_is_within_its_range(hosts: list[str], sender: str | None) -> None:
    assert 0 <= shape.recipient_domains(hosts) <= len(hosts)
    assert 0 <= shape.foreign_share(hosts, sender) <= 1
    assert shape.has_punycode(hosts) in (0, 1)
    assert shape.has_address(hosts) in (0, 1)
    for first in (shape.first_domain(hosts), shape.first_recipient_domain(hosts)):
        assert first is None or first
    for carries in (shape.carries_archive, shape.carries_macros, shape.carries_page, shape.carries_program):
        assert carries(hosts) in (0, 1)
    assert shape.link_density("".join(hosts)) >= 0


@pytest.mark.parametrize(
    "bad", ["\t" * 8192, "re: " * 2048, "a " * 4096, "1" * 8192, "a1" * 4096, "re[" + "1" * 8192, "("]
)
def test_no_subject_takes_long(bad: str) -> None:
    began = time.perf_counter()
    shape.subject_form(bad)
    shape.is_false_reply(bad, None)
    shape.is_gappy(bad)
    shape.names_money(bad)
    shape.shows_other_address(bad + "@", "a@b.example")
    shape.alternations(bad)
    assert time.perf_counter() - began < 0.25


def test_mails_of_one_campaign_have_one_form_of_subject() -> None:
    assert shape.subject_form("Re: Invoice 4711!") == shape.subject_form("INVOICE  99f3!") == "invoice #!"
    assert shape.subject_form("AW: Re[2]: Fwd: lunch") == "lunch"
    assert shape.subject_form("Red roses") == "red roses"
    for nothing in (None, "", "Re: ", "   "):
        assert shape.subject_form(nothing) is None


def test_a_reply_refers_to_a_mail() -> None:
    assert shape.is_false_reply("Re: your order", None) == 1
    assert shape.is_false_reply("RE[3] : your order", "") == 1
    assert shape.is_false_reply("Re: your order", "<1@mail.example>") == 0
    assert shape.is_false_reply("Report: your order", None) == 0
    assert shape.is_false_reply("Fwd: your order", None) == 0


def test_a_subject_that_sells_stands_out() -> None:
    assert shape.exclamations("Win!! Now！") == 3
    assert shape.names_money("only €5") == shape.names_money("100 usd today") == 1
    assert shape.names_money("eurovision") == 0
    assert shape.is_gappy("C H E A P pills") == shape.is_gappy("v.i.a.g.r.a") == 1
    assert shape.is_gappy("a b c") == 0
    assert shape.is_gappy("e.g. a well-to-do man") == 0


def test_spf_counts_for_the_senders_own_domain_alone() -> None:
    sender = "ada@mail.example.co.uk"
    assert shape.is_spf_aligned("pass", sender, "bounce@lists.example.co.uk", None) == 1
    assert shape.is_spf_aligned("pass", sender, "bounce@other.co.uk", None) == 0
    assert shape.is_spf_aligned("softfail", sender, "bounce@example.co.uk", None) == 0
    assert shape.is_spf_aligned("pass", sender, None, "mx.example.co.uk") == 1
    assert shape.is_spf_aligned("pass", sender, "<>", "mx.example.co.uk") == 1
    assert shape.is_spf_aligned("pass", None, None, "mx.example.co.uk") == 0


def test_checks_count_for_incoming_mail() -> None:
    assert shape.checks_passed("inbound", "pass", None, "pass") == 2
    assert shape.checks_passed("outbound", "pass", "pass", "pass") == 0
    assert [shape.failed(result) for result in ("fail", "softfail", "permerror", "pass", "none")] == [1, 1, 1, 0, 0]


def test_headers_disagree_only_where_both_are_known() -> None:
    assert shape.differs("ada@example.com", "ada@mail.example.com") == 0
    assert shape.differs("ada@example.com", "mx.example.net") == 1
    assert shape.differs("ada@example.com", "<20261121.1@example.net>") == 1
    for unknown in (None, "", "<>", "@"):
        assert shape.differs("ada@example.com", unknown) == 0


def test_a_name_that_shows_another_address_is_found() -> None:
    assert shape.shows_other_address("service@bank.example (Bank)", "x@drop.example") == 1
    assert shape.shows_other_address("ada@example.com", "ada@mail.example.com") == 0
    assert shape.shows_other_address("Ada Lake", "x@drop.example") == 0
    assert shape.shows_other_address("service@bank.example", None) == 0


@pytest.mark.parametrize(
    "helo", ["localhost", "[192.0.2.1]", "192.0.2.1", "IPv6:2001:db8::1", "[IPv6:2001:db8::1]", ""]
)
def test_a_host_that_does_not_know_its_name_is_found(helo: str) -> None:
    assert shape.is_bare_greeting(helo) == 1


def test_a_host_with_a_full_name_is_none_of_them() -> None:
    assert shape.is_bare_greeting("mx1.example.com.") == 0


def test_recipients_are_compared_whatever_their_case() -> None:
    assert shape.is_own_recipient("Ada@example.com", ["x@y.example", "ada@EXAMPLE.com"]) == 1
    assert shape.is_own_recipient("ada@example.com", None) == 0
    assert shape.is_unlisted("ada@example.com", ["ADA@example.com"], 1, "inbound") == 0
    assert shape.is_unlisted("ada@example.com", ["b@example.com"], 1, "inbound") == 1
    assert shape.is_unlisted("ada@example.com", ["b@example.com"], 101, "inbound") == 0
    assert shape.is_unlisted("ada@example.com", None, None, "inbound") == 1
    assert shape.is_unlisted("ada@example.com", ["b@example.com"], 1, "outbound") == 0
    assert shape.recipient_domains(["a@x.example.com", "b@example.com", "c@example.net"]) == 2
    assert shape.first_recipient_domain(["a@mail.example.com", "b@x"]) == "example.com"
    assert shape.first_recipient_domain(["postmaster"]) is None
    assert shape.first_recipient_domain([]) is None


def test_links_are_looked_at_by_where_they_lead() -> None:
    assert shape.first_domain(["a.example.com", "example.net"]) == "example.com"
    assert shape.first_domain(None) is None
    assert shape.has_punycode(["xn--pypal-4ve.com"]) == shape.has_punycode(["pаypal.com"]) == 1
    assert shape.has_punycode(["paypal.com"]) == 0
    assert shape.has_address(["192.0.2.7"]) == shape.has_address(["[2001:db8::1]"]) == 1
    assert shape.has_address(["192.0.2.7.example"]) == 0
    assert shape.foreign_share(["example.com", "drop.example"], "ada@mail.example.com") == 0.5
    assert shape.foreign_share(["drop.example"], None) == 0
    assert shape.link_density("see http://a.example and HTTPS://b.example" + " " * 958) == 2
    assert shape.link_density("") == 0


@pytest.mark.parametrize(
    ("media_type", "found"),
    [
        ("application/x-msdownload", shape.carries_program),
        ("application/vnd.microsoft.portable-executable", shape.carries_program),
        ("text/javascript", shape.carries_program),
        ("application/java-archive", shape.carries_program),
        ("application/hta", shape.carries_program),
        ("application/zip", shape.carries_archive),
        ("application/x-zip-compressed", shape.carries_archive),
        ("application/x-7z-compressed", shape.carries_archive),
        ("application/vnd.rar", shape.carries_archive),
        ("application/x-iso9660-image", shape.carries_archive),
        ("application/vnd.ms-word.document.macroEnabled.12", shape.carries_macros),
        ("application/vnd.ms-excel", shape.carries_macros),
        ("application/msword", shape.carries_macros),
        ("text/html", shape.carries_page),
        ("image/svg+xml", shape.carries_page),
    ],
)
def test_an_attachment_is_known_by_its_media_type(media_type: str, found: object) -> None:
    tests = (shape.carries_program, shape.carries_archive, shape.carries_macros, shape.carries_page)
    assert [test for test in tests if test(["text/plain", media_type])] == [found]


@pytest.mark.parametrize(
    "media_type",
    [
        "image/png",
        "application/pdf",
        "text/calendar",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/pgp-signature",
    ],
)
def test_ordinary_attachments_are_none_of_them(media_type: str) -> None:
    tests = (shape.carries_program, shape.carries_archive, shape.carries_macros, shape.carries_page)
    assert [test for test in tests if test([media_type])] == []
