"""mail: a message comes in for an account, or goes out from it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from features import shape
from features.address import email_domain, ip_address, subnet
from features.aggregations import Age, Burst, Count, Derived, Distinct, Elsewhere, Novelty, Share, Sum
from features.kind import Account, Entity, Fields, Input, Ip, Kind, Lookup, number, text
from features.reference import Reference

AuthResult = Literal["", "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Address = Annotated[str, text(longest=512)]
Domain = Annotated[str, text(longest=253)]
AttachmentType = Annotated[str, text(longest=256)]
MOST_ITEMS = msgspec.Meta(max_length=100)


class Mail(Fields, frozen=True, kw_only=True):
    account: Account
    direction: Literal["inbound", "outbound"]
    sender: Annotated[str, text(ecs="email.from.address", longest=512)] | None = None
    sender_name: Annotated[str, text(longest=512)] | None = None
    return_path: Annotated[str, text(longest=512)] | None = None
    reply_to: Annotated[str, text(ecs="email.reply_to.address", longest=512)] | None = None
    recipients: Annotated[list[Address], MOST_ITEMS] | None = None
    recipient_count: Annotated[int, number(least=0, most=1_000_000)] | None = None
    ip: Ip | None = None
    helo: Annotated[str, text(longest=512)] | None = None
    spf: AuthResult | None = None
    dkim: AuthResult | None = None
    dmarc: AuthResult | None = None
    subject: Annotated[str, text(ecs="email.subject")] | None = None
    message_id: Annotated[str, text(ecs="email.message_id")] | None = None
    in_reply_to: Annotated[str, text()] | None = None
    size_bytes: Annotated[int, number(least=0, most=2**40)] | None = None
    url_domains: Annotated[list[Domain], MOST_ITEMS] | None = None
    attachment_types: Annotated[list[AttachmentType], MOST_ITEMS] | None = None
    headers: Annotated[str, text(private=True, longest=8192)] | None = None
    body: Annotated[str, text(private=True, longest=8192)] | None = None


SENT = "direction == 'outbound'"
RECEIVED = "direction == 'inbound'"
FORGED = "spf in ['fail', 'softfail'] or dmarc == 'fail'"


def is_hosting(reference: Reference, ip: str | None) -> bool:
    """Whether the address is a rented server's: a mail's event does not name the network."""
    return reference.is_hosting(None, ip)


KIND = Kind(
    name="mail",
    fields=Mail,
    partition_key="account",
    # Of a mail that comes in the account is who gets it: never him, but who sent it.
    target="sender",
    inputs=(
        Lookup("hosting", ("ip",), is_hosting),
        Lookup("tor", ("ip",), Reference.is_tor),
        Lookup("disposable", ("sender",), Reference.is_disposable),
        Input("url_domain", ("url_domains",), shape.first_domain),
        Input("recipient_domain", ("recipients",), shape.first_recipient_domain),
        Input("subject_form", ("subject",), shape.subject_form),
    ),
    entities=(
        Entity("account", "account", horizon="30d"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("subnet", "ip", subnet, horizon="7d"),
        Entity("sender", "sender", str.lower, horizon="30d"),
        Entity("domain", "sender", email_domain, horizon="30d"),
        Entity("recipient_domain", "recipient_domain", horizon="7d"),
        Entity("url_domain", "url_domain", horizon="30d"),
        Entity("subject", "subject_form", horizon="7d"),
    ),
    features=(
        Count("account.sent", "mails sent by this account", windows=("1h", "24h"), where=SENT),
        Count("account.received", "mails for this account", windows=("1h", "24h"), where=RECEIVED),
        Sum(
            "account.recipients",
            "recipients of this account's own mails",
            of="recipient_count",
            windows=("1h", "24h"),
            where=SENT,
        ),
        Distinct(
            "account.recipient_domains",
            "domains that this account wrote to",
            of="recipient_domain",
            windows=("1h", "24h"),
            where=SENT,
        ),
        Distinct(
            "account.subjects",
            "subjects (numbers aside) of this account's own mails",
            of="subject_form",
            windows=("24h",),
            where=SENT,
        ),
        Burst(
            "account.sent_burst",
            "rate of mails sent by this account in 1h over that in 24h; 1 is as usual",
            short="1h",
            where=SENT,
        ),
        Distinct("account.senders", "senders who wrote to this account", of="sender", windows=("24h",)),
        Novelty(
            "account.new_sender",
            "1 if this account has not heard from the sender",
            of="sender",
            windows=("24h",),
        ),
        Novelty(
            "account.new_url_domain",
            "1 if no mail of this account linked to this domain first",
            of="url_domain",
            windows=("24h",),
        ),
        Elsewhere(
            "account.login_failures_24h",
            "failed logins of this account in 24h",
            kind="login",
            feature="account.failures_24h",
        ),
        Elsewhere(
            "account.login_countries_24h",
            "countries that tried this account in 24h",
            kind="login",
            feature="account.countries_24h",
        ),
        Elsewhere(
            "account.login_devices_24h",
            "devices that tried this account in 24h",
            kind="login",
            feature="account.devices_24h",
        ),
        Elsewhere(
            "account.since_signup_s",
            "seconds since this account signed up; 30 days if that is not known",
            kind="signup",
            feature="account.idle_s",
        ),
        Count("ip.mails", "mails from this address", windows=("10m", "1h", "24h")),
        Distinct("ip.senders", "senders that this address spoke for", of="sender", windows=("1h", "24h")),
        Distinct("ip.helos", "names under which this address greeted", of="helo", windows=("24h",)),
        Share(
            "ip.forged_share", "share of mails from this address that failed SPF or DMARC", FORGED, windows=("24h",)
        ),
        Age("ip.age_s", "seconds since the first mail from this address"),
        Elsewhere(
            "ip.login_failures_24h",
            "failed logins from this address in 24h",
            kind="login",
            feature="ip.failures_24h",
        ),
        Count("subnet.mails", "mails from this subnet", windows=("1h", "24h")),
        Distinct("subnet.ips", "addresses of this subnet that sent mail", of="ip", windows=("24h",)),
        Distinct("subnet.subjects", "subjects (numbers aside) from this subnet", of="subject_form", windows=("24h",)),
        Count("sender.mails", "mails from this sender", windows=("1h", "24h")),
        Distinct("sender.accounts", "accounts that this sender wrote to", of="account", windows=("1h", "24h")),
        Distinct("sender.ips", "addresses that sent for this sender", of="ip", windows=("24h",)),
        Age("sender.age_s", "seconds since this sender's first mail"),
        Count("domain.mails", "mails from this sender domain", windows=("1h", "24h")),
        Distinct("domain.ips", "addresses that sent for this domain", of="ip", windows=("24h",)),
        Distinct("domain.senders", "senders of this domain", of="sender", windows=("24h",)),
        Share(
            "domain.forged_share",
            "share of mails from this sender domain that failed SPF or DMARC",
            FORGED,
            windows=("24h",),
        ),
        Age("domain.age_s", "seconds since this domain's first mail"),
        Count("recipient_domain.sent", "mails that accounts here sent to this domain", windows=("1h",), where=SENT),
        Distinct(
            "recipient_domain.accounts",
            "accounts here that wrote to this domain",
            of="account",
            windows=("24h",),
            where=SENT,
        ),
        Count("url_domain.mails", "mails that link to this domain first", windows=("1h", "24h")),
        Distinct("url_domain.senders", "senders who link to this domain first", of="sender", windows=("24h",)),
        Distinct(
            "url_domain.accounts", "accounts whose mails link to this domain first", of="account", windows=("24h",)
        ),
        Age("url_domain.age_s", "seconds since the first mail that linked to this domain"),
        Count("subject.mails", "mails with this subject (numbers aside)", windows=("1h", "24h")),
        Distinct("subject.senders", "senders who wrote this subject (numbers aside)", of="sender", windows=("24h",)),
        Derived("addressees", "recipients of this mail", ("recipient_count",), shape.amount, default=1),
        Derived(
            "addressee_domains",
            "different domains among its recipients",
            ("recipients",),
            shape.recipient_domains,
            most=100,
        ),
        Derived(
            "unlisted",
            "1 if an incoming mail does not name its account as a recipient",
            ("account", "recipients", "recipient_count", "direction"),
            shape.is_unlisted,
            most=1,
        ),
        Derived(
            "own_recipient",
            "1 if the sender is a recipient too",
            ("sender", "recipients"),
            shape.is_own_recipient,
            most=1,
        ),
        Derived("subject_length", "characters in the subject", ("subject",), shape.length),
        Derived(
            "subject_upper_share",
            "share of upper-case letters in the subject",
            ("subject",),
            shape.upper_share,
            most=1,
        ),
        Derived("subject_digit_share", "share of digits in the subject", ("subject",), shape.digit_share, most=1),
        Derived(
            "subject_mark_share", "share of marks and symbols in the subject", ("subject",), shape.mark_share, most=1
        ),
        Derived("subject_exclamations", "exclamation marks in the subject", ("subject",), shape.exclamations),
        Derived("subject_money", "1 if the subject names money", ("subject",), shape.names_money, most=1),
        Derived(
            "subject_gappy",
            "1 if a word of the subject is written l i k e  t h i s",
            ("subject",),
            shape.is_gappy,
            most=1,
        ),
        Derived(
            "subject_disguised",
            "1 if the subject mixes scripts or hides characters",
            ("subject",),
            shape.is_disguised,
            most=1,
        ),
        Derived(
            "false_reply",
            "1 if the subject claims a reply and the mail refers to none",
            ("subject", "in_reply_to"),
            shape.is_false_reply,
            most=1,
        ),
        Derived("urls", "different domains that the mail links to", ("url_domains",), shape.length, most=100),
        Derived(
            "url_foreign_share",
            "share of linked domains that are not the sender's",
            ("url_domains", "sender"),
            shape.foreign_share,
            most=1,
        ),
        Derived("url_punycode", "1 if a link's domain is beyond ASCII", ("url_domains",), shape.has_punycode, most=1),
        Derived("url_address", "1 if a link leads to a bare address", ("url_domains",), shape.has_address, most=1),
        Derived("url_density", "links in 1000 characters of text", ("body",), shape.link_density),
        Derived("attachments", "attached files", ("attachment_types",), shape.length, most=100),
        Derived(
            "attached_program", "1 if something attached runs", ("attachment_types",), shape.carries_program, most=1
        ),
        Derived(
            "attached_archive", "1 if an archive is attached", ("attachment_types",), shape.carries_archive, most=1
        ),
        Derived(
            "attached_macros",
            "1 if an attachment can hold macros",
            ("attachment_types",),
            shape.carries_macros,
            most=1,
        ),
        Derived("attached_page", "1 if a web page is attached", ("attachment_types",), shape.carries_page, most=1),
        Derived("size_kb", "size of the mail", ("size_bytes",), shape.kilobytes, unit="kB"),
        Derived("body_length", "characters of text, at most 8192", ("body",), shape.length, most=8192),
        Derived("spf_failed", "1 if SPF failed", ("spf",), shape.failed, most=1),
        Derived("dkim_failed", "1 if DKIM failed", ("dkim",), shape.failed, most=1),
        Derived("dmarc_failed", "1 if DMARC failed", ("dmarc",), shape.failed, most=1),
        Derived(
            "checks_passed",
            "how many of SPF, DKIM and DMARC an incoming mail passed",
            ("direction", "spf", "dkim", "dmarc"),
            shape.checks_passed,
            most=3,
        ),
        Derived(
            "spf_aligned",
            "1 if SPF passed for the sender's own domain",
            ("spf", "sender", "return_path", "helo"),
            shape.is_spf_aligned,
            most=1,
        ),
        Derived(
            "return_path_differs",
            "1 if bounces go to another domain than the sender's",
            ("sender", "return_path"),
            shape.differs,
            most=1,
        ),
        Derived(
            "reply_to_differs",
            "1 if replies go to another domain than the sender's",
            ("sender", "reply_to"),
            shape.differs,
            most=1,
        ),
        Derived(
            "helo_differs",
            "1 if the host greeted with another domain than the sender's",
            ("sender", "helo"),
            shape.differs,
            most=1,
        ),
        Derived("helo_bare", "1 if the host greeted without a full name", ("helo",), shape.is_bare_greeting, most=1),
        Derived(
            "message_id_differs",
            "1 if the message id is of another domain than the sender",
            ("sender", "message_id"),
            shape.differs,
            most=1,
        ),
        Derived("message_id_missing", "1 without a message id", ("message_id",), shape.empty, default=1, most=1),
        Derived(
            "name_differs",
            "1 if the shown name is an address of another domain than the sender's",
            ("sender_name", "sender"),
            shape.shows_other_address,
            most=1,
        ),
        Derived(
            "name_disguised",
            "1 if the shown name mixes scripts or hides characters",
            ("sender_name",),
            shape.is_disguised,
            most=1,
        ),
        Derived(
            "sender_digit_share",
            "share of digits in the sender's address before the at sign",
            ("sender",),
            shape.local_digit_share,
            most=1,
        ),
        Derived(
            "sender_disposable", "1 if the sender's is a throw-away address", ("disposable",), shape.flag, most=1
        ),
        Derived("from_hosting", "1 if the address is a rented server's", ("hosting",), shape.flag, most=1),
        Derived("from_tor", "1 if the address is a Tor exit", ("tor",), shape.flag, most=1),
        Derived("outbound", "1 if the mail goes out", ("direction",), shape.is_outbound, most=1),
        Derived("hour_of_week", "hour of the week, UTC", ("time_ms",), shape.hour_of_week, most=167, unit="h"),
        Derived("night", "1 between 0 and 5 h UTC", ("time_ms",), shape.is_night, most=1),
    ),
)
