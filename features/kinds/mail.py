"""mail: a message comes in for an account, or goes out from it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from features import shape
from features.address import email_domain, ip_address, subnet
from features.aggregations import Age, Count, Derived, Distinct, Novelty, Sum
from features.kind import Account, Entity, Fields, Ip, Kind, number, text

AuthResult = Literal["", "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Address = Annotated[str, text(longest=512)]
Domain = Annotated[str, text(longest=253)]
AttachmentType = Annotated[str, text(longest=256)]
MOST_ITEMS = msgspec.Meta(max_length=100)


class Mail(Fields, frozen=True, kw_only=True):
    account: Account
    direction: Literal["inbound", "outbound"]
    sender: Annotated[str, text(ecs="email.from.address", longest=512)] | None = None
    recipients: Annotated[list[Address], MOST_ITEMS] | None = None
    recipient_count: Annotated[int, number(least=0, most=1_000_000)] | None = None
    ip: Ip | None = None
    helo: Annotated[str, text(longest=512)] | None = None
    spf: AuthResult | None = None
    dkim: AuthResult | None = None
    dmarc: AuthResult | None = None
    subject: Annotated[str, text(ecs="email.subject")] | None = None
    message_id: Annotated[str, text(ecs="email.message_id")] | None = None
    size_bytes: Annotated[int, number(least=0, most=2**40)] | None = None
    url_domains: Annotated[list[Domain], MOST_ITEMS] | None = None
    attachment_types: Annotated[list[AttachmentType], MOST_ITEMS] | None = None
    headers: Annotated[str, text(private=True, longest=4096)] | None = None
    body: Annotated[str, text(private=True, longest=8192)] | None = None


KIND = Kind(
    name="mail",
    fields=Mail,
    partition_key="account",
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("sender", "sender", str.lower, horizon="30d"),
        Entity("domain", "sender", email_domain, horizon="30d"),
    ),
    features=(
        Count(
            "account.sent",
            "mails sent by this account",
            windows=("1h", "24h"),
            where="direction == 'outbound'",
        ),
        Count(
            "account.received",
            "mails for this account",
            windows=("1h", "24h"),
            where="direction == 'inbound'",
        ),
        Sum(
            "account.recipients",
            "recipients of this account's own mails",
            of="recipient_count",
            windows=("1h", "24h"),
            where="direction == 'outbound'",
        ),
        Distinct("account.senders", "senders who wrote to this account", of="sender", windows=("24h",)),
        Novelty(
            "account.new_sender",
            "1 if this account has not heard from the sender",
            of="sender",
            windows=("24h",),
        ),
        Count("ip.mails", "mails from this address", windows=("10m", "1h", "24h")),
        Distinct("ip.senders", "senders that this address spoke for", of="sender", windows=("1h", "24h")),
        Distinct("ip.helos", "names under which this address greeted", of="helo", windows=("24h",)),
        Age("ip.age_s", "seconds since the first mail from this address"),
        Count("subnet.mails", "mails from this subnet", windows=("1h", "24h")),
        Distinct("subnet.ips", "addresses of this subnet that sent mail", of="ip", windows=("24h",)),
        Count("sender.mails", "mails from this sender", windows=("1h", "24h")),
        Distinct("sender.accounts", "accounts that this sender wrote to", of="account", windows=("1h", "24h")),
        Age("sender.age_s", "seconds since this sender's first mail"),
        Count("domain.mails", "mails from this sender domain", windows=("1h", "24h")),
        Distinct("domain.ips", "addresses that sent for this domain", of="ip", windows=("24h",)),
        Age("domain.age_s", "seconds since this domain's first mail"),
        Derived("addressees", "recipients of this mail", ("recipient_count",), shape.amount, default=1),
        Derived("subject_length", "characters in the subject", ("subject",), shape.length),
        Derived(
            "subject_upper_share",
            "upper-case letters in the subject",
            ("subject",),
            shape.upper_share,
            most=1,
        ),
        Derived("subject_digit_share", "digits in the subject", ("subject",), shape.digit_share, most=1),
        Derived("urls", "different domains that the mail links to", ("url_domains",), shape.length, most=100),
        Derived("attachments", "attached files", ("attachment_types",), shape.length, most=100),
        Derived("size_kb", "size of the mail", ("size_bytes",), shape.kilobytes, unit="kB"),
        Derived("body_length", "characters of text, at most 8192", ("body",), shape.length, most=8192),
        Derived("spf_failed", "1 if SPF failed", ("spf",), shape.failed, most=1),
        Derived("dkim_failed", "1 if DKIM failed", ("dkim",), shape.failed, most=1),
        Derived("dmarc_failed", "1 if DMARC failed", ("dmarc",), shape.failed, most=1),
        Derived("outbound", "1 if the mail goes out", ("direction",), shape.is_outbound, most=1),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
    ),
)
