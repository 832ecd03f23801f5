"""One raw RFC 5322 message to the fields of the mail kind; every message has them, however broken it is."""

from __future__ import annotations

from features.kinds.mail import Mail
from streams.mail.addresses import addresses, shown_name
from streams.mail.authentication import authentication
from streams.mail.headers import Split
from streams.mail.links import link_domains
from streams.mail.parts import Part, leaves
from streams.mail.received import handover
from streams.mail.text import clean, decode_bytes, decode_words

NOBODY = "unknown"
_MOST_ITEMS = 100
_MOST_RECIPIENTS = 1_000_000
_ADDRESS = 512
_TEXT = 2048
_TYPE = 256
_HEADERS = 8192
_BODY = 8192
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "apparently-to")


def mail_fields(message: Split, size_bytes: int, account: str | None = None) -> Mail:
    """The fields of an inbound mail; ``account`` overrides the one that the headers name."""
    to = [address for name in ("to", "cc") for value in message.values.get(name, ()) for address in addresses(value)]
    parts = list(leaves(message))
    texts = [(part.text, part.type == "text/html") for part in parts if part.text]
    ip, helo = handover(message.values.get("received", ()))
    results = authentication(message)
    return Mail(
        account=_cut(account or _account(message, to), _ADDRESS),
        direction="inbound",
        sender=_cut(_sender(message), _ADDRESS) or None,
        sender_name=_cut(shown_name(message.first("from")), _ADDRESS) or None,
        return_path=_cut(_first_address(message, "return-path") or message.envelope_sender, _ADDRESS) or None,
        reply_to=_cut(_first_address(message, "reply-to"), _ADDRESS) or None,
        recipients=[_cut(address, _ADDRESS) for address in to[:_MOST_ITEMS]] or None,
        recipient_count=min(len(to), _MOST_RECIPIENTS),
        ip=ip,
        helo=_cut(helo or "", _ADDRESS) or None,
        spf=results.get("spf"),
        dkim=results.get("dkim"),
        dmarc=results.get("dmarc"),
        subject=_cut(decode_words(message.first("subject")), _TEXT) or None,
        message_id=_cut(" ".join(message.first("message-id").split()), _TEXT) or None,
        in_reply_to=_cut(_first_reference(message), _TEXT) or None,
        size_bytes=size_bytes,
        url_domains=link_domains(texts, _MOST_ITEMS) or None,
        attachment_types=[part.type[:_TYPE] for part in parts if part.text is None][:_MOST_ITEMS] or None,
        headers=_cut(decode_bytes(_headers(message.block)), _HEADERS) or None,
        body=_cut(_body(parts), _BODY) or None,
    )


def _headers(block: bytes) -> bytes:
    """The block without the line that an mbox puts first: it is no header."""
    return block.partition(b"\n")[2] if block.startswith((b"From ", b">From ")) else block


def _account(message: Split, to: list[str]) -> str:
    for name in _DELIVERED:
        found = _first_address(message, name)
        if found:
            return found.lower()
    return to[0].lower() if to else NOBODY


def _sender(message: Split) -> str:
    return _first_address(message, "from") or _first_address(message, "return-path") or message.envelope_sender


def _first_address(message: Split, name: str) -> str:
    found = addresses(message.first(name))
    return found[0] if found else ""


def _first_reference(message: Split) -> str:
    """The message that this one answers or follows."""
    words = f"{message.first('in-reply-to')} {message.first('references')}".split(None, 1)
    return words[0] if words else ""


def _body(parts: list[Part]) -> str:
    """The plain text if there is any, else the HTML, else any other text."""
    for wanted in ("text/plain", "text/html", ""):
        texts = [part.text for part in parts if part.text and (part.type == wanted or not wanted)]
        if any(text.strip() for text in texts):
            return "\n".join(texts)
    return ""


def _cut(text: str, longest: int) -> str:
    return clean(text[:longest])
