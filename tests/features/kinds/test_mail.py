"""What a mail's vector tells: who forges, who fans out, and what its account went through before it sent."""

from __future__ import annotations

from typing import Any

from support.events import T0, event
from support.story import told

from features.event import Event


def mail(number: int, **data: Any) -> Event:
    return event("mail", f"m{number}", T0 + number * 1000, **data)


def test_numbered_subjects_from_many_senders_are_one_campaign() -> None:
    run = [
        mail(i, account=f"a{i}", sender=f"s{i}@x{i}.example", subject=f"Invoice {i * 7}", url_domains=["new.example"])
        for i in range(25)
    ]
    last = told(*run)[-1]
    assert (last["subject.mails_1h"], last["subject.senders_24h"]) == (25, 25)
    assert (last["url_domain.accounts_24h"], last["url_domain.senders_24h"], last["url_domain.age_s"]) == (25, 25, 24)


def test_a_taken_account_sends_one_letter_to_everybody() -> None:
    tries = [event("login", f"l{i}", T0, success=False, device=f"d{i}", country="BR") for i in range(12)]
    run = [
        mail(i, direction="outbound", subject=f"Win {i}", recipients=[f"x@d{i}.example"], recipient_count=10)
        for i in range(20)
    ]
    last = told(*tries, *run)[-1]
    assert (last["account.sent_1h"], last["account.recipients_1h"], last["account.subjects_24h"]) == (20, 200, 1)
    assert (last["account.recipient_domains_1h"], last["account.received_1h"]) == (20, 0)
    assert (last["account.login_failures_24h"], last["account.login_devices_24h"]) == (12, 12)
    assert (last["recipient_domain.sent_1h"], last["recipient_domain.accounts_24h"]) == (1, 1)


def test_an_incoming_mail_is_not_sent() -> None:
    (vector,) = told(mail(1, recipients=["ada@b.example"], recipient_count=3, subject="x"))
    for name in (
        "account.sent_24h",
        "account.recipients_24h",
        "account.recipient_domains_24h",
        "account.subjects_24h",
    ):
        assert vector[name] == 0
    assert vector["account.received_24h"] == 1


def test_a_newcomers_mail_knows_when_he_joined() -> None:
    joined = event("signup", "s", T0 - 600_000, account="ada")
    assert told(joined, mail(0, direction="outbound"))[-1]["account.since_signup_s"] == 600


def test_forged_mail_marks_its_host_and_the_domain_that_it_abuses() -> None:
    forged = [mail(i, ip="192.0.2.1", sender=f"s{i}@bank.example", spf="fail", dmarc="none") for i in range(3)]
    last = told(*forged, mail(9, ip="192.0.2.1", sender="a@bank.example", spf="pass", dmarc="pass"))[-1]
    assert last["ip.forged_share_24h"] == last["domain.forged_share_24h"] == 0.75
    assert last["domain.senders_24h"] == 4


def test_headers_that_disagree_are_told() -> None:
    (vector,) = told(
        mail(
            1,
            sender="notice7@drop.example",
            sender_name="service@bank.example",
            return_path="b@lists.example",
            reply_to="x@other.example",
            helo="localhost",
            spf="pass",
            dkim="none",
            subject="Re: hello",
            message_id="<1@elsewhere.example>",
            url_domains=["192.0.2.1", "xn--bnk-ela.example"],
            attachment_types=["application/zip"],
        )
    )
    told_names = (
        "name_differs", "return_path_differs", "reply_to_differs", "helo_bare", "helo_differs", "false_reply",
        "message_id_differs", "url_address", "url_punycode", "url_foreign_share", "attached_archive", "unlisted",
        "checks_passed",
    )  # fmt: skip
    assert {name: vector[name] for name in told_names} == dict.fromkeys(told_names, 1)
    assert (vector["spf_aligned"], vector["attached_program"], vector["message_id_missing"]) == (0, 0, 0)
