"""When a mail was received, by what its record or its headers say."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from features.event import to_milliseconds
from streams.mail.headers import Split

# A header's date outside of these years is made up: it would drag an account's windows along.
_FIRST_YEAR = 1980
_LAST_YEAR = 2099
_LONGEST_DATE = 256
_SECONDS_END = 100_000_000_000


def moment_ms(ts: object) -> int | None:
    """A record's own time in milliseconds since 1970: ISO 8601 in any form (UTC where no zone is given), or a number.

    >>> moment_ms("2002-07-15"), moment_ms("2002-07-15T02:00:00+02:00"), moment_ms("yesterday")
    (1026691200000, 1026691200000, None)
    """
    if isinstance(ts, bool):
        return None
    if isinstance(ts, int | float):
        ts_s = ts if abs(ts) < _SECONDS_END else ts / 1000
        try:
            return to_milliseconds(datetime.fromtimestamp(ts_s, UTC))
        except (ValueError, OverflowError, OSError):
            return None
    if not isinstance(ts, str):
        return None
    try:
        return _utc_ms(datetime.fromisoformat(ts.strip()))
    except (ValueError, OverflowError):
        return header_date_ms(ts)


def received_ms(message: Split, latest_ms: int | None = None) -> int | None:
    """The date of the topmost Received header, else that of the Date header; None where neither can be true.

    ``latest_ms``: a later date can't be true.
    """
    for text in (message.first("received").rpartition(";")[2], message.first("date")):
        found = header_date_ms(text)
        if found is not None and (latest_ms is None or found <= latest_ms):
            return found
    return None


def header_date_ms(text: str) -> int | None:
    """An RFC 5322 date of a plausible year."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(" ".join(text[:_LONGEST_DATE].split()))
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        return _utc_ms(moment)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _utc_ms(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return to_milliseconds(aware.astimezone(UTC))
