"""Mail addresses as entities: one spelling for one mailbox, however its owner varies it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from features.address import ip_address

_LONGEST_TEXT = 1024
_LONGEST_NAME = 256
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NO_TEXT = re.compile(r'[\s\x00-\x1f\x7f<>@"]')


@dataclass(frozen=True, slots=True)
class _Provider:
    """What a provider takes for the same mailbox, as its own help pages say.

    ``domain`` stands for all its domains that share mailboxes; ``folds`` says which characters it ignores (None)
    or takes for another; a tag begins with ``separator``.
    """

    domain: str
    folds: Mapping[int, int | None] = field(default_factory=dict)
    separator: str = "+"


_GMAIL = _Provider("gmail.com", str.maketrans("", "", "."))
_PROTON = _Provider("proton.me", str.maketrans("", "", "._-"))
_APPLE = _Provider("icloud.com")
_YANDEX = _Provider("yandex.ru", str.maketrans(".", "-"))
_PROVIDERS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL),
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), _YANDEX),
    # A name at Yahoo has no hyphen: what follows one is a tag.
    **{name: _Provider(name, separator="-") for name in ("yahoo.com", "ymail.com", "rocketmail.com")},
}


def normalised_mailbox(address: str | None) -> str | None:
    """The mailbox that an address leads to: lower case, no tag, no dots where the provider ignores them.

    ``Jane.Doe+shop@GoogleMail.com`` → ``janedoe@gmail.com``; domains in the spelling that goes over the wire.
    Tags are dropped at every provider: the few that tell ``a+b`` from ``a`` are merged wrongly, knowingly.
    None for what is no address. Total, and idempotent.
    """
    if address is None or len(address) > _LONGEST_TEXT:
        return None
    text = address.strip()
    if text.endswith(">"):
        text = text[:-1].rpartition("<")[2].strip()
    name, at, host = text.rpartition("@")
    domain = _domain(host)
    if not at or domain is None:
        return None
    name = _folded(name)
    if len(name) > _LONGEST_NAME:
        return None
    if len(name) > 2 and name[0] == name[-1] == '"':
        # Within quotes every character is meant, and no provider above gives out such names.
        return f"{name}@{domain}" if name.isprintable() else None
    provider = _PROVIDERS.get(domain) or _Provider(domain)
    name = name.partition("+")[0] or name
    if provider.separator != "+":
        name = name.partition(provider.separator)[0] or name
    # What a dot kept apart can compose.
    name = unicodedata.normalize("NFC", name.translate(provider.folds))
    return f"{name}@{provider.domain}" if name and not _NO_TEXT.search(name) else None


def _folded(name: str) -> str:
    """Lower case, composed: both ways to write ``é`` are one. Lowering can decompose, hence twice."""
    lower = unicodedata.normalize("NFC", name).lower()
    return unicodedata.normalize("NFC", lower)


def _domain(host: str) -> str | None:
    """The domain as it goes over the wire; an address literal in its brackets; None for neither."""
    name = host.strip().rstrip(".").lower()
    if name.startswith("[") and name.endswith("]"):
        literal = ip_address(name[1:-1].removeprefix("ipv6:"))
        return None if literal is None else f"[{literal}]"
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").rstrip(".").lower()
        except UnicodeError:
            return None
    labels = name.split(".")
    return name if len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels) else None
