"""What all pages have in common: the head, and the few shapes that a reader meets again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from streams.page.html import Markup, element, joined

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_META = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta name="referrer" content="no-referrer">'
)


def whole(title: str, parts: Iterable[Markup]) -> str:
    """Everything is in it, and all that is no markup is escaped."""
    style = files("streams.page").joinpath("style.css").read_text(encoding="utf-8")
    # The style is ours and holds no markup.
    head = element("head", Markup(_META), element("title", title), Markup(f"<style>{style}</style>"))
    return f"<!doctype html>\n{element('html', head, element('body', parts), lang='en')}\n"


def cards(told: Iterable[tuple[str, str]]) -> Markup:
    """``told``: names and values; the values are what one sees first."""
    each = [element("div", element("b", value), name, cls="card") for name, value in told]
    return element("div", each, cls="cards")


def figure(plot: Markup, caption: str) -> Markup:
    # On a telephone a plot is moved sideways rather than made too small to read.
    return element("figure", element("div", plot, cls="wide"), element("figcaption", caption))


def svg(title: str, width: float, height: float, parts: Sequence[Markup], cls: str = "plot") -> Markup:
    """A plot that takes its colours from the page."""
    return element(
        "svg", element("title", title), joined(parts), viewBox=f"0 0 {width:.0f} {height:.0f}", role="img", cls=cls
    )
