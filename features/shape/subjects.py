"""What a mail's subject looks like, whatever it says."""

from __future__ import annotations

import re

# Possessive: a subject of nothing but spaces or digits costs no more than any other.
_WORDS = r"re|aw|sv|antw|odp|vs|rif|res|回复|答复"
_REPLY = re.compile(rf"\s*+(?:{_WORDS})\s*+(?:\[\d++\]\s*+)?[:：]", re.IGNORECASE)
_REPLIES_AND_FORWARDS = re.compile(rf"\s*+(?:(?:{_WORDS}|fwd?|wg|tr)\s*+(?:\[\d++\]\s*+)?[:：]\s*+)++", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥₹₽₩₿]|\b(usd|eur|gbp|btc)\b", re.IGNORECASE)
_GAPPY = re.compile(r"(?<!\w)\w(?:[ .*-]\w){4,40}(?!\w)")
_NUMBERED = re.compile(r"(?<!\w)[^\W\d]*+\d\w*")
_LONGEST_FORM = 128


def exclamations(subject: str) -> float:
    """Exclamation marks, full-width and inverted ones too. Offers and warnings are high (PLING_PLING)."""
    return subject.count("!") + subject.count("！") + subject.count("¡")


def names_money(subject: str) -> float:
    """1 if a currency sign or code stands in it, else 0."""
    return 1.0 if _MONEY.search(subject) else 0.0


def is_gappy(subject: str) -> float:
    """1 if a word of five letters or more is written with gaps, ``C H E A P``, else 0 (GAPPY_SUBJECT)."""
    return 1.0 if _GAPPY.search(subject) else 0.0


def is_false_reply(subject: str, in_reply_to: str | None) -> float:
    """1 if it claims to be a reply (Re:, AW:, …) and the mail refers to none, else 0 (FAKE_REPLY)."""
    return 1.0 if not in_reply_to and _REPLY.match(subject) else 0.0


def subject_form(subject: str | None) -> str | None:
    """What the mails of one campaign share: the subject in small letters, each word with a digit as #; None if empty.

    ``Re: Invoice 4711!`` and ``INVOICE 99f3!`` are both ``invoice #!``: mails are counted by it as DCC and Razor
    count them by a body's checksum.
    """
    if not subject:
        return None
    start = _REPLIES_AND_FORWARDS.match(subject)
    bare = subject[start.end() :] if start else subject
    return " ".join(_NUMBERED.sub("#", bare[: 4 * _LONGEST_FORM].lower()).split())[:_LONGEST_FORM] or None
