"""The report as a page: whole in itself, and nothing that comes from events or rules can act in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import msgspec
import pytest
from support.backtests import backtest, bundle, decide, plan_of
from support.events import T0, record

from features.event import decision_id
from models.backtest.report import Report
from streams.offline.backtest.shown.page import page
from streams.offline.backtest.shown.table import show
from streams.page.html import Markup, element

HOSTILE = '</td><script>alert("x")</script><img src=//evil.example/x onerror=y>&amp;\u202e'


@pytest.fixture(scope="module")
def report() -> Report:
    candidate = bundle(("mine", "account == 'ada' or success", "block"))
    accounts = [HOSTILE, "ada", *(f"a{n}" for n in range(30))]
    events = [
        record("login", f"{n}{HOSTILE}", T0 + n * 3_600_000, account=account, success=n % 2 == 0, ip=f"192.0.2.{n}")
        for n, account in enumerate(accounts)
    ]
    labels = {decision_id("login", "test", f"{n}{HOSTILE}"): ("legit", "abuse")[n % 2] for n in range(len(accounts))}
    verdicts = decide(events, bundle(("other", "not success", "review")))
    whole, _, _ = backtest(verdicts, plan_of(candidate, bundle(("other", "not success", "review"))), truth=labels)
    assert isinstance(whole, Report)
    names = msgspec.structs.replace(whole.kinds[0].candidate, name=HOSTILE)
    return msgspec.structs.replace(whole, kinds=(msgspec.structs.replace(whole.kinds[0], candidate=names),))


def test_nothing_is_fetched_and_nothing_can_run(report: Report) -> None:
    text = page(report)
    tags = " ".join(re.findall(r"<[^>]*>", text))
    assert not re.search(r"<(script|img|link|iframe|object|embed|a)\b|\bon\w+=|\b(src|href|style)=", tags)
    style = re.search(r"<style>(.*)</style>", text, re.S)
    assert style is not None
    assert not re.search(r"url\(|@import", style[1])
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text


def test_what_events_and_names_hold_is_shown_as_text(report: Report) -> None:
    text = page(report)
    assert text.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;") >= 3


def test_it_is_for_telephones_and_for_dark_rooms_too(report: Report) -> None:
    text = page(report)
    assert 'name="viewport" content="width=device-width' in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == 3


def test_plots_are_well_formed(report: Report) -> None:
    plots = re.findall(r"<svg.*?</svg>", page(report), flags=re.S)
    for plot in plots:
        root = ElementTree.fromstring(plot)
        numbers = [float(n) for node in root.iter() for key in ("x", "y", "width", "height") if (n := node.get(key))]
        assert numbers
        assert all(-1 <= number <= 2000 for number in numbers)


def test_every_tag_is_closed(report: Report) -> None:
    """Read as XML, but for the few tags that HTML never closes."""
    body = page(report).split("\n", 1)[1]
    ElementTree.fromstring(re.sub(r"<meta[^>]*>", "", body))


def test_the_terminal_shows_names_as_they_are(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    show(report)
    shown = capsys.readouterr().out
    assert "mine" in shown
    assert "[/b]" not in shown
    assert re.search(r"newly hit: 1\d by account", shown)


def test_text_is_escaped_and_markup_is_not() -> None:
    made = element("p", "a < b", Markup("<b>x</b>"), cls='"&', data_x=1.50)
    assert made == '<p class="&quot;&amp;" data-x="1.5">a &lt; b<b>x</b></p>'
