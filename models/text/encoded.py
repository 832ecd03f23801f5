"""The encoded words of headers, which hide what they say from anybody who reads letters (RFC 2047)."""

from __future__ import annotations

import binascii
import re
from typing import Final

_WORD: Final = re.compile(r"=\?([\w-]{1,40})(?:\*[\w-]{1,20})?\?([bq])\?([^?\s]{0,400})\?=", re.IGNORECASE | re.ASCII)
# Python's own escapes are codecs too, and no charsets.
_NO_CHARSET: Final = ("unicode", "raw", "idna", "punycode")


def decoded(headers: str) -> str:
    """The headers with each encoded word written out behind its charset; one that can't be decoded stays."""
    return _WORD.sub(_written_out, headers) if "=?" in headers else headers


def _written_out(word: re.Match[str]) -> str:
    charset, encoding, letters = word[1].lower(), word[2].lower(), word[3]
    if charset.startswith(_NO_CHARSET):
        return word[0]
    try:
        data = letters.encode("ascii")
        if encoding == "b":
            data = binascii.a2b_base64(data + b"=" * (-len(data) % 4))
        else:
            data = binascii.a2b_qp(data, header=True)
        text = data.decode(charset, "replace")
    except (LookupError, ValueError):
        return word[0]
    return f"{charset}?{encoding} {' '.join(text.split())}"
