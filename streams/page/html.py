"""HTML and SVG put together so that nothing can get in unescaped."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Markup(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


Child = str | Iterable[str]


def element(name: str, *children: Child, **attributes: str | float) -> Markup:
    """``element("td", "a < b", cls="n")``: ``cls`` writes class, and ``_`` in names of attributes writes ``-``."""
    words = "".join(
        f' {"class" if key == "cls" else key.replace("_", "-")}="{html.escape(_plain(value))}"'
        for key, value in attributes.items()
    )
    inside = "".join(_inside(child) for child in children)
    return Markup(f"<{name}{words}>{inside}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """One after another."""
    return Markup("".join(_escaped(part) for part in parts))


def _inside(child: Child) -> str:
    return _escaped(child) if isinstance(child, str) else joined(child)


def _escaped(text: str) -> str:
    return text if isinstance(text, Markup) else html.escape(text)


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
