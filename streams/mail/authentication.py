"""The results of SPF, DKIM and DMARC that the receiving server wrote into the headers."""

from __future__ import annotations

import re
from typing import cast

from features.kinds.mail import AuthResult
from streams.mail.headers import Split

_METHOD = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_SAME = {"hardfail": "fail", "bestguesspass": "pass", "error": "temperror", "unknown": "permerror"}
_RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})


def authentication(message: Split) -> dict[str, AuthResult]:
    """By method, the topmost result: lower headers were there before the mail arrived, and may be forged."""
    found: dict[str, AuthResult] = {}
    for value in message.values.get("authentication-results", ()):
        for method, word in _METHOD.findall(value):
            _add(found, method.lower(), word)
    received_spf = message.first("received-spf").split(None, 1)
    if received_spf:
        _add(found, "spf", received_spf[0].strip(":;("))
    return found


def _add(found: dict[str, AuthResult], method: str, word: str) -> None:
    result = _SAME.get(word.lower(), word.lower())
    if result in _RESULTS:
        found.setdefault(method, cast(AuthResult, result))
