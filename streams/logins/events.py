"""From the rows of the RBA data set to login events, and to labels for what it says about them."""

from __future__ import annotations

from typing import Literal

import msgspec

from features.event import decision_id, to_rfc3339
from features.kinds.login import Login
from streams.logins.rba import RbaRow
from streams.wire import LabelData, encode_event, encode_label

KIND = "login"
SOURCE = "import/rba"
_LONGEST_COUNTRY = 8
_LONGEST_AGENT = 2048


def event_of(row: RbaRow) -> bytes:
    """Round-trip time, region, city and the parsed user agent have no field: the kind parses agents itself."""
    login = Login(
        account=row.user,
        success=row.success,
        ip=row.ip,
        user_agent=None if row.user_agent is None else row.user_agent[:_LONGEST_AGENT],
        country=None if row.country is None else row.country[:_LONGEST_COUNTRY],
        asn=row.asn,
    )
    return encode_event(KIND, row.index, SOURCE, row.time_ms, msgspec.to_builtins(login))


def truth_of(row: RbaRow) -> tuple[Literal["abuse", "legit"], Literal["analyst", "rule"]] | None:
    """What the data set holds for true, and whose word that is.

    A takeover was found by people. An address known from attacks is a list's word. A successful login that is neither
    counts as its owner's, as in the paper, which is nobody's finding. Of a failed one nothing is known.
    """
    if row.takeover:
        return "abuse", "analyst"
    if row.attack_ip:
        return "abuse", "rule"
    return ("legit", "rule") if row.success else None


def label_of(row: RbaRow, delay_ms: int) -> bytes | None:
    """The label, given ``delay_ms`` after the login: the data set does not say when that was known."""
    truth = truth_of(row)
    if truth is None:
        return None
    label, by = truth
    data = LabelData(
        event_id=row.index,
        event_source=SOURCE,
        kind=KIND,
        label=label,
        by=by,
        labeller="rba-data-set",
        event_time=to_rfc3339(row.time_ms),
    )
    return encode_label(decision_id(KIND, SOURCE, row.index), SOURCE, row.time_ms + delay_ms, data)
