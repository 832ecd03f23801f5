"""Who a mail says it is from, and whether its other headers agree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.address import packed_ip, registrable_domain

_ADDRESS = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")


def domain_of(text: str) -> str | None:
    """The registrable domain of an address, a host or a message id: what stands behind the last @."""
    return registrable_domain(text.rpartition("@")[2].strip().strip("<>"))


def failed(result: str) -> float:
    """1 for a sender authentication that failed, wholly or softly, else 0."""
    return 1.0 if result in ("fail", "softfail", "permerror") else 0.0


def checks_passed(direction: str, spf: str | None, dkim: str | None, dmarc: str | None) -> float:
    """How many of SPF, DKIM and DMARC an incoming mail passed: 0 to 3, more is better."""
    return [spf, dkim, dmarc].count("pass") if direction == "inbound" else 0


def is_spf_aligned(spf: str, sender: str | None, return_path: str | None, helo: str | None) -> float:
    """1 if SPF passed for a name of the sender's own registrable domain, else 0: DMARC's relaxed alignment.

    SPF speaks of the return path, or of the greeting where that is empty (RFC 7208, 2.4; RFC 7489, 3.1.2).
    """
    spoken_for = return_path if return_path and return_path != "<>" else helo
    if spf != "pass" or not sender or not spoken_for:
        return 0.0
    return 1.0 if domain_of(sender) == domain_of(spoken_for) is not None else 0.0


def differs(sender: str, other: str | None) -> float:
    """1 if the other address, host or message id is of another registrable domain than the sender, else 0.

    0 too where one of them is unknown. For the return path, the greeting, the message id and the reply address.
    """
    if not other:
        return 0.0
    ours, theirs = domain_of(sender), domain_of(other)
    return 1.0 if ours is not None and theirs is not None and ours != theirs else 0.0


def shows_other_address(name: str, sender: str | None) -> float:
    """1 if the shown name contains an address of another registrable domain than the sender's, else 0.

    Mail programs show the name and hide the address (SpamAssassin's FROM_2_EMAILS, FromNameSpoof).
    """
    found = _ADDRESS.search(name)
    return differs(sender, found[1]) if found is not None and sender else 0.0


def is_bare_greeting(helo: str) -> float:
    """1 if the host greeted with an address or with a name without a dot, else 0.

    RFC 5321, 4.1.4 wants its full name; home computers do not know theirs (SpamAssassin's RCVD_NUMERIC_HELO).
    """
    bare = helo.strip("[]. ")
    return 1.0 if "." not in bare or packed_ip(bare.lower().removeprefix("ipv6:")) is not None else 0.0


def is_own_recipient(sender: str, recipients: Sequence[str] | None) -> float:
    """1 if the sender is also a recipient, else 0: the reader's own address forged, or a list of blind copies."""
    folded = sender.casefold()
    return 1.0 if recipients and any(folded == recipient.casefold() for recipient in recipients) else 0.0


def is_unlisted(account: str, recipients: Sequence[str] | None, recipient_count: int | None, direction: str) -> float:
    """1 if an incoming mail does not name the account as a recipient, else 0; 0 too where not all are told."""
    named = recipients or ()
    if direction != "inbound" or (recipient_count or 0) > len(named):
        return 0.0
    folded = account.casefold()
    return 0.0 if any(folded == recipient.casefold() for recipient in named) else 1.0


def first_recipient_domain(recipients: Sequence[str] | None) -> str | None:
    """The registrable domain of the first recipient; None if there is none."""
    return domain_of(recipients[0]) if recipients and "@" in recipients[0] else None


def recipient_domains(recipients: Sequence[str]) -> float:
    """How many different registrable domains the recipients have."""
    return len({domain_of(recipient) for recipient in recipients})


def is_outbound(direction: str) -> float:
    """1 for ``outbound``, else 0."""
    return 1.0 if direction == "outbound" else 0.0
