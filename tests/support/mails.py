"""Raw mails for tests: well-formed ones, and ones broken in every way that spam is."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

FRAGMENTS = (
    b"\n", b"\n\n", b"\r\n", b"\r", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"--a\n", b"--a--\n", b":", b" ",
    b";", b",", b"(", b"<", b'"', b"\\", b"@", b"From ", b"From: ", b"To: ", b"Date: ", b"Subject: ",
    b"=?utf-8?B?", b"?=", b"=?x?B?a?=", b"Content-Type: multipart/mixed; boundary=a\n",
    b"Content-Type: message/rfc822\n\n", b'charset="', b"charset=hex\n", b"charset*0*=punycode''",
    b"charset=utf-7\n", b"+2AA-", b"charset=unicode_escape\n", b"\\ud800", b"charset=utf-16\n",
    b"Content-Transfer-Encoding: base64\n", b"Content-Disposition: attachment; filename*=x''%00\n",
    b"=3D=\n=ZZ", b"Received: from [", b"1.2.3.4]", b"; 31 Feb 99999 25:61:00 +9999", b"http://",
    b"https://[::1]/", b"http://..a..", b"Subject: =?idna?Q?xn--a?= =?utf-7?Q?+2AA-?=\n",
    b"Authentication-Results: x; spf=", b"Message-ID:",
)  # fmt: skip


def proper_mail(number: int) -> bytes:
    """A mail that keeps to every standard; its number is in its subject, sender, time and link."""
    message = EmailMessage()
    moment = START + timedelta(minutes=number)
    message["Received"] = (
        f"from relay{number}.example (relay{number}.example [198.51.100.{number % 250 + 1}]) "
        f"by mx.example.com with ESMTP; {format_datetime(moment)}"
    )
    message["Authentication-Results"] = "mx.example.com; spf=pass; dkim=fail; dmarc=none"
    message["Delivered-To"] = "Ada@Example.com"
    message["From"] = f'"Doe, J." <sender{number}@example.org>'
    message["To"] = "ada@example.com, Bo <bo@example.com>"
    message["Subject"] = f"Grüße {number}"
    message["Message-ID"] = f"<{number}@example.org>"
    message["Date"] = format_datetime(moment - timedelta(hours=3))
    message.set_content(f"Hello, see https://www.shop{number}.example.co.uk/a?b=c or call.\n")
    message.add_alternative(f"<a href='http://user@track{number}.example.net:80/'>x</a>\n", subtype="html")
    message.add_attachment(b"%PDF-1.7" + bytes(200), maintype="application", subtype="pdf", filename="a.pdf")
    for depth, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=={depth}==")
    return message.as_bytes()


def broken_mail(rng: random.Random) -> bytes:
    """A proper mail with pieces cut out and garbage put in, or garbage alone."""
    mail = bytearray(proper_mail(rng.randrange(1000)) if rng.random() < 0.7 else b"")
    for _ in range(rng.randint(1, 40)):
        at = rng.randint(0, len(mail))
        choice = rng.random()
        if choice < 0.6:
            mail[at:at] = rng.choice(FRAGMENTS) * rng.choice((1, 1, 1, 2, 50))
        elif choice < 0.8:
            mail[at : at + rng.randint(0, 200)] = b""
        else:
            mail[at:at] = rng.randbytes(rng.randint(1, 300))
    return bytes(mail)
