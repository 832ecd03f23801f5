"""What a raw mail becomes: all that it says if it keeps to the standards, something valid if it does not."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import KINDS, LIMIT
from support.mails import FRAGMENTS, broken_mail, proper_mail

from features.event import Event, EventDecoder
from streams.mail.events import MailConverter, RawMail

DECODER = EventDecoder(KINDS["mail"], LIMIT, 300)


def event_of(raw: bytes, **options: Any) -> Event:
    return DECODER.decode(MailConverter(LIMIT, **options).convert(RawMail("1", raw)).event)


def fields_of(raw: bytes) -> Any:
    return event_of(raw).data


def test_a_proper_mail_gives_every_field() -> None:
    raw = proper_mail(7)
    mail = fields_of(raw)
    assert (mail.account, mail.direction, mail.sender) == ("ada@example.com", "inbound", "sender7@example.org")
    assert (mail.recipients, mail.recipient_count) == (["ada@example.com", "bo@example.com"], 2)
    assert (mail.ip, mail.helo) == ("198.51.100.8", "relay7.example")
    assert (mail.spf, mail.dkim, mail.dmarc) == ("pass", "fail", "none")
    assert (mail.subject, mail.message_id, mail.size_bytes) == ("Grüße 7", "<7@example.org>", len(raw))
    assert (mail.sender_name, mail.return_path, mail.reply_to, mail.in_reply_to) == ("Doe, J.", None, None, None)
    assert mail.url_domains == ["example.co.uk", "example.net"]
    assert mail.attachment_types == ["application/pdf"]
    assert mail.headers.startswith("Received: from relay7.example")
    assert mail.body.startswith("Hello, see https://")


@pytest.mark.parametrize("seed", range(20))
def test_every_broken_mail_becomes_one_valid_event(seed: int) -> None:
    rng = random.Random(seed)
    converter = MailConverter(LIMIT)
    for number in range(50):
        converted = converter.convert(RawMail(f"{seed}-{number}", broken_mail(rng), None, "spam"))
        assert DECODER.decode(converted.event).id == f"{seed}-{number}"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=60)), max_size=40).map(b"".join))
def test_any_bytes_at_all_become_a_valid_event(raw: bytes) -> None:
    event_of(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"To: " + b'"\\' * 100_000,
        b"To: " + b"(" * 200_000 + b"\n\n",
        b"X: y\n" * 40_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\n",
        b'Content-Type: text/plain; a="' + b";" * 200_000 + b"\n\nx",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)),
        b"Content-Type: message/rfc822\n\n" * 5000,
        b"Content-Type: text/html\n\n" + b"http://" * 100_000,
        b"\n" * 1_000_000,
    ],
)
@pytest.mark.timeout(20)
def test_a_mail_made_to_be_slow_is_not(raw: bytes) -> None:
    event_of(raw)


def test_fields_that_together_exceed_a_record_are_cut_until_they_fit() -> None:
    wide = b"To: " + b", ".join("é".encode() * 250 + b"%d@example.com" % i for i in range(300)) + b"\n"
    raw = b"Subject: " + b"\x01" * 3000 + b"\n" + wide + b"\n" + b"\x01" * 9000
    for longest in (LIMIT, 20_000, 2000):
        record = MailConverter(longest).convert(RawMail("1", raw)).event
        assert len(record) <= longest
        DECODER.decode(record)


def test_all_recipients_are_counted_though_a_hundred_are_kept() -> None:
    mail = fields_of(b"To: " + b", ".join(b"a%d@example.com" % i for i in range(250)) + b"\nCc: x@example.com\n\n")
    assert (len(mail.recipients), mail.recipient_count) == (100, 251)


@pytest.mark.parametrize(
    ("headers", "account"),
    [
        (b"Delivered-To: ADA@example.com\nTo: bo@example.com\n", "ada@example.com"),
        (b"To: undisclosed-recipients:;\nCc: Bo <Bo@example.com>\n", "bo@example.com"),
        (b"To: undisclosed-recipients:;\n", "unknown"),
        (b"Subject: none\n", "unknown"),
    ],
)
def test_the_account_is_who_it_was_delivered_to(headers: bytes, account: str) -> None:
    assert fields_of(headers + b"\nx").account == account


def test_the_sender_is_the_address_not_the_name_that_pretends_to_be_one() -> None:
    assert fields_of(b'From: "bank@example.com" <evil@example.net>\n\n').sender == "evil@example.net"
    assert fields_of(b"Return-Path: <bounce@example.net>\n\n").sender == "bounce@example.net"
    assert (
        fields_of(b"From envelope@example.net Mon Mar  2 08:00:00 2026\nSubject: x\n\n").sender
        == "envelope@example.net"
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'"bank@example.com" <evil@example.net>', "bank@example.com"),
        (b"=?utf-8?B?xIPDpA==?= <evil@example.net>", "ăä"),
        (b"evil@example.net (Ada Lake)", "Ada Lake"),
        (b"<evil@example.net>", None),
        (b"evil@example.net", None),
    ],
)
def test_the_name_is_what_a_mail_program_shows(line: bytes, name: str | None) -> None:
    assert fields_of(b"From: " + line + b"\n\n").sender_name == name


def test_bounces_replies_and_threads_have_headers_of_their_own() -> None:
    mail = fields_of(
        b"Return-Path: <bounce@lists.example>\nReply-To: Box <box@drop.example>, b@x.example\n"
        b"References: <1@x.example> <2@x.example>\n\n"
    )
    assert (mail.return_path, mail.reply_to, mail.in_reply_to) == (
        "bounce@lists.example",
        "box@drop.example",
        "<1@x.example>",
    )
    assert fields_of(b"In-Reply-To: <9@x.example>\nReferences: <1@x.example>\n\n").in_reply_to == "<9@x.example>"
    assert fields_of(b"From env@x.example Mon Mar  2 08:00:00 2026\n\n").return_path == "env@x.example"
    assert fields_of(b"Return-Path: <>\n\n").return_path is None


@pytest.mark.parametrize(
    ("received", "ip", "helo"),
    [
        (b"from a.example (b.example [198.51.100.7]) by c.example with SMTP", "198.51.100.7", "a.example"),
        (b"from 10.1.1.1 (unknown [IPv6:2001:DB8::0:7]) by c.example", "2001:db8::7", "10.1.1.1"),
        (b"from unknown (HELO forged.example) (198.51.100.9) by c.example", "198.51.100.9", "forged.example"),
        (b"from localhost [127.0.0.1] by x.example", None, "localhost"),
        (b"by x.example [198.51.100.1] with HTTP", None, None),
    ],
)
def test_the_handing_over_host_is_the_first_public_address(received: bytes, ip: str | None, helo: str | None) -> None:
    mail = fields_of(b"Received: " + received + b"; Mon, 2 Mar 2026 08:00:00 +0000\n\n")
    assert (mail.ip, mail.helo) == (ip, helo)


def test_a_local_hop_on_top_is_passed_over() -> None:
    raw = b"Received: from localhost [127.0.0.1] by a\nReceived: from b.example ([198.51.100.3])\n\tby a\n\n"
    assert fields_of(raw).ip == "198.51.100.3"


def test_a_forged_result_below_the_receiving_servers_own_does_not_count() -> None:
    raw = b"Authentication-Results: mx; spf=fail\nAuthentication-Results: evil; spf=pass; dkim=pass\n\n"
    assert fields_of(raw).spf == "fail"
    assert fields_of(b"Received-SPF: SoftFail (x)\n\n").spf == "softfail"


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-2\n", b"\xb1", "ą"),
        (b"Content-Type: text/plain; charset=no-such\n", "ä".encode(), "ä"),
        (b"Content-Type: text/plain; charset=no-such\n", b"\xe4", "ä"),
        (b"Content-Transfer-Encoding: base64\n", b"aGVsbG8", "hello"),
        (b"Content-Transfer-Encoding: base64\n", b"This was never base64, it only says so!", "This was never base64"),
        (b"Content-Transfer-Encoding: quoted-printable\n", b"a=3Db=\nc", "a=bc"),
        (b"Content-Type: multipart/mixed\n", b"no boundary at all", "no boundary at all"),
        (b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n\none\n--x\n\ntwo", "one\ntwo"),
        (b"Content-Type: text/html\n", b"<b>bold</b>", "<b>bold</b>"),
        (b"", b"this line is no header", "this line is no header"),
    ],
)
def test_the_body_is_the_decoded_text(head: bytes, body: bytes, text: str) -> None:
    assert fields_of(b"Subject: x\n" + head + b"\n" + body).body.startswith(text)


def test_plain_text_is_preferred_to_html_unless_it_is_empty() -> None:
    start = b"Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/html\n\n<p>rich\n--x\n\n"
    assert fields_of(start + b"plain\n--x--\n").body == "plain"
    assert "rich" in fields_of(start + b"  \n--x--\n").body


def test_links_of_hidden_references_addresses_and_repetitions_are_found_once_in_order() -> None:
    raw = b"Content-Type: text/html\n\nhttp://b.example/ HTTPS://A&#46;example.com x http://198.51.100.1:8/ http://c.b.example"
    assert fields_of(raw).url_domains == ["b.example", "example.com", "198.51.100.1"]
