"""A table of a page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from streams.page.html import Markup, element


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Container[int] = ()) -> Markup:
    """``right``: the columns that hold numbers."""
    top = element("thead", _row("th", head, right))
    body = element("tbody", [_row("td", row, right) for row in rows])
    return element("div", element("table", top, body), cls="wide")


def _row(name: str, cells: Sequence[str], right: Container[int]) -> Markup:
    return element(
        "tr",
        [element(name, cell, cls="n") if at in right else element(name, cell) for at, cell in enumerate(cells)],
    )
