"""A raw message split into its header block, its headers and its body, however broken it is.

The standard library's message parser recurses and goes quadratic on hostile input; this reads each byte once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.mail.text import decode_bytes

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")
_ENVELOPE_SENDER = re.compile(r">?From[ \t]+([^\s]+)")
_LONGEST_BLOCK = 524_288
_LONGEST_VALUE = 262_144


@dataclass(frozen=True, slots=True)
class Split:
    """``values``: by lower-case name, from the top, still folded. ``envelope``: the line that an mbox puts first."""

    block: bytes
    values: dict[str, list[str]]
    body: bytes
    envelope: str

    def first(self, name: str) -> str:
        """The topmost value of that name, or an empty text."""
        found = self.values.get(name)
        return found[0] if found else ""

    @property
    def envelope_sender(self) -> str:
        found = _ENVELOPE_SENDER.match(self.envelope)
        return found[1] if found else ""


def split_message(raw: bytes) -> Split:
    """The headers end at the first empty line, before the first line that is no header, or after half a megabyte."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    found: list[tuple[str, list[bytes]]] = []
    envelope = ""
    start = 0
    while start < min(len(raw), _LONGEST_BLOCK):
        end = raw.find(b"\n", start) + 1 or len(raw)
        line = raw[start:end]
        if not line.strip(b"\r\n"):
            return Split(raw[:start], _joined(found), raw[end:], envelope)
        header = _HEADER.match(line)
        if header is not None:
            found.append((header[1].decode("ascii").lower(), [line[header.end() :]]))
        elif line[:1] in b" \t" and found:
            found[-1][1].append(line)
        elif line.startswith((b"From ", b">From ")):
            envelope = envelope or decode_bytes(line[:1024])
        else:
            break
        start = end
    return Split(raw[:start], _joined(found), raw[start:], envelope)


def _joined(found: list[tuple[str, list[bytes]]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, lines in found:
        value = b"".join(lines)[:_LONGEST_VALUE]
        values.setdefault(name, []).append(decode_bytes(value).strip())
    return values
