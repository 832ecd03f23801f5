"""Where in a TOML file things stand: keys, values, and each character of a string. The file was parsed before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SPACE = " \t"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_HEX = {"u": 4, "U": 8}


@dataclass(frozen=True, slots=True)
class Entry:
    """Offsets in the file's text: where the key begins, and from where to where its value goes."""

    key: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table ``[[name]]`` or ``[name]``, the offset of its header, and its keys that are written plainly."""

    name: str
    start: int
    entries: dict[str, Entry] = field(default_factory=dict)


def normalized(text: str) -> str:
    """The text as TOML's parser sees it; lines and columns stay what they are."""
    return text.replace("\r\n", "\n")


def tables(text: str) -> list[Table]:
    """All tables in order; the first is that of keys before any header. ``text``: normalized, and valid TOML."""
    found = [Table("", 0)]
    at = 0
    while (at := _skip_blank(text, at, newlines=True)) < len(text):
        if text[at] == "[":
            double = 2 if text.startswith("[[", at) else 1
            end = at + double
            while text[end] != "]":
                end = _word_end(text, end)
            found.append(Table(text[at + double : end].strip(), at))
            at = end + double
            continue
        begin = at
        while text[at] != "=":
            at = _word_end(text, at)
        key = text[begin:at].strip(_SPACE).strip("\"'")
        start = _skip_blank(text, at + 1)
        at = value_end(text, start)
        found[-1].entries[key] = Entry(begin, start, at)
    return found


def value_end(text: str, at: int) -> int:
    """The offset behind the value that begins here."""
    if text[at] in "\"'":
        return _string_end(text, at)
    if text[at] not in "[{":
        while at < len(text) and text[at] not in ",]}#\n":
            at += 1
        return at
    depth = 0
    while True:
        if text[at] in "\"'":
            at = _string_end(text, at)
            continue
        if text[at] == "#":
            at = _line_end(text, at)
            continue
        depth += (text[at] in "[{") - (text[at] in "]}")
        at += 1
        if not depth:
            return at


def items(text: str, start: int) -> list[int]:
    """The offset of each item of the array that begins here."""
    found = []
    at = _skip_blank(text, start + 1, newlines=True)
    while text[at] != "]":
        found.append(at)
        at = _skip_blank(text, value_end(text, at), newlines=True)
        if text[at] == ",":
            at = _skip_blank(text, at + 1, newlines=True)
    return found


def characters(text: str, start: int) -> tuple[str, list[int]]:
    """The string that begins here, and the offset of each of its characters and of its closing quote."""
    quote = text[start]
    size = 3 if text.startswith(quote * 3, start) else 1
    end = _string_end(text, start) - size
    at = start + size
    if size == 3 and text.startswith("\n", at):
        at += 1
    decoded, offsets = [], []
    while at < end:
        step, char = _character(text, at, escapes=quote == '"')
        if char:
            decoded.append(char)
            offsets.append(at)
        at = step
    return "".join(decoded), [*offsets, end]


def _character(text: str, at: int, *, escapes: bool) -> tuple[int, str]:
    """The offset behind one character of a string, and what it stands for; nothing for a continued line."""
    if not escapes or text[at] != "\\":
        return at + 1, text[at]
    kind = text[at + 1]
    if kind in _ESCAPES:
        return at + 2, _ESCAPES[kind]
    if kind in _HEX:
        end = at + 2 + _HEX[kind]
        return end, chr(int(text[at + 2 : end], 16))
    end = at + 1
    while text[end] in " \t\n":
        end += 1
    return end, ""


def place(text: str, offset: int) -> tuple[int, int, str]:
    """Line and column of an offset, counted from 1, and the line itself."""
    begin = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - begin + 1, text[begin : _line_end(text, offset)]


def _skip_blank(text: str, at: int, *, newlines: bool = False) -> int:
    while at < len(text):
        if text[at] in _SPACE or (newlines and text[at] == "\n"):
            at += 1
        elif text[at] == "#":
            at = _line_end(text, at)
        else:
            break
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _word_end(text: str, at: int) -> int:
    if text[at] in "\"'":
        return _string_end(text, at)
    bare = _BARE.match(text, at)
    return bare.end() if bare else at + 1


def _string_end(text: str, at: int) -> int:
    quote = text[at]
    escapes = quote == '"'
    if not text.startswith(quote * 3, at):
        at += 1
        while text[at] != quote:
            at += 2 if escapes and text[at] == "\\" else 1
        return at + 1
    at += 3
    while not text.startswith(quote * 3, at):
        at += 2 if escapes and text[at] == "\\" else 1
    # Up to two quotes may stand before the three that close it.
    end = at + 3
    while end < at + 5 and text.startswith(quote, end):
        end += 1
    return end
