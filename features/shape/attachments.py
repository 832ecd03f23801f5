"""What a mail carries, by the media types of its attachments."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What runs when opened: programs, scripts, installers, shortcuts.
_RUNS = re.compile(
    r"msdownload|dosexec|portable-executable|x-executable|x-sharedlib|x-msi|x-ms-installer|x-ms-shortcut|"
    r"x-sh\b|shellscript|x-bat|x-msdos-program|javascript|ecmascript|vbscript|java-archive|x-java|hta\b|"
    r"android\.package|x-apple-diskimage|x-elf",
    re.IGNORECASE,
)
_PACKS = re.compile(
    r"/(x-)?(zip|rar|7z|tar|gzip|gtar|bzip2?|xz|ace|arj|lzh|cab)|zip-comp|vnd\.rar|ms-cab|iso9660|x-iso|raw-disk",
    re.IGNORECASE,
)
# The old formats may hold macros, the new ones say so.
_SCRIPTS_INSIDE = re.compile(r"macroenabled|/msword|/vnd\.ms-(excel|powerpoint)\b(?!\.)|/rtf|onenote", re.IGNORECASE)
_PAGE = re.compile(r"text/html|xhtml|image/svg", re.IGNORECASE)


def carries_program(types: Sequence[str]) -> float:
    """1 if an attachment runs when it is opened, else 0 (MITRE ATT&CK T1566.001, T1204.002)."""
    return _any(_RUNS, types)


def carries_archive(types: Sequence[str]) -> float:
    """1 if an attachment is an archive or a disk image, which hides what it holds from filters, else 0."""
    return _any(_PACKS, types)


def carries_macros(types: Sequence[str]) -> float:
    """1 if an attachment is an office document that can hold macros, else 0."""
    return _any(_SCRIPTS_INSIDE, types)


def carries_page(types: Sequence[str]) -> float:
    """1 if an attachment is a page that a browser runs (HTML smuggling, MITRE ATT&CK T1027.006), else 0."""
    return _any(_PAGE, types)


def _any(wanted: re.Pattern[str], types: Sequence[str]) -> float:
    return 1.0 if any(map(wanted.search, types)) else 0.0
