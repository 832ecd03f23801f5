"""The page about models: whole in itself, true to the manifests, and nothing in it can act."""

from __future__ import annotations

import random
import re
from html import unescape
from xml.etree import ElementTree

import msgspec
import pytest
from support.events import T0

from models.drift.alarm import Alarm, Moved
from models.learning.gate import Gate
from models.learning.performance import Performance
from models.registry import Manifest
from streams.model_report.page import page
from streams.model_report.told import Changed, Kind, Shown
from streams.model_report.words import counted, moment, rate, span

HOSTILE = '</td><script>alert("x")</script><img src=//evil.example/x onerror=y>'
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def manifest(model: str, skill: float, champion: str = "", labels: int = 1500) -> Manifest:
    """A checkpoint with the figures of a model that knows the truth through noise; ``skill`` from 0 to 1."""
    rng = random.Random(7)
    performance = Performance((0.01, 0.001))
    if champion:
        performance.face(champion)
    for number in range(labels):
        abuse = rng.random() < 0.2
        score, rival = (min(0.999, max(0.001, rng.gauss(0.3 + known * abuse, 0.15))) for known in (skill, 0.3))
        at_ms = T0 + number * MINUTE_MS
        performance.add(score, abuse, at_ms, at_ms + HOUR_MS, rival=rival if champion else None)
    return Manifest(
        model=model,
        kind="login",
        schema="s",
        learned=labels,
        made_ms=T0 + 3 * HOUR_MS,
        version=("ab" if champion else "cd") * 16,
        ready=True,
        cost_us=1.25,
        calibration=performance.calibration,
        thresholds=performance.thresholds((0.01, 0.001)),
        figures=performance.figures((0.5,)),
    )


def challenger(model: str, skill: float) -> Shown:
    made = manifest(model, skill, "login.logistic")
    assert made.figures is not None
    judgement = Gate().judge(made.figures, "login.logistic", ready=True, cost_us=made.cost_us)
    return Shown(
        alias="challenger", model=model, version=made.version, pinned=False, manifest=made, judgement=judgement
    )


@pytest.fixture(scope="module")
def kind() -> Kind:
    champion = manifest("login.logistic", 0.3)
    models = (
        Shown(alias="champion", model=champion.model, version=champion.version, pinned=True, manifest=champion),
        challenger("login.better", 0.6),
        challenger("login.worse", 0.1),
        Shown(alias="challenger", model="login.new", version=None, pinned=False, manifest=None),
        Shown(alias="archived", model="login.old", version="e" * 32, pinned=False, manifest=champion),
    )
    alarm = Alarm(
        kind="login",
        what="data",
        model=None,
        moved=(Moved("ip.logins_1h", 1.0, 4.0, 3.0),),
        more=0,
        words="A feature of login moved away from like hours before: ip.logins_1h (1 to 4).",
        since_ms=T0,
        at_ms=T0,
        until_ms=T0 + 24 * HOUR_MS,
    )
    change = Changed(
        champion="login.logistic@" + "cd" * 16,
        replaced="login.old",
        at_ms=T0,
        rollback=False,
        passed=("evidence 312.0 of 100 that it is better",),
    )
    return Kind(kind="login", models=models, changed=(change,), alarms=(alarm,))


@pytest.fixture(scope="module")
def text(kind: Kind) -> str:
    return page([kind], T0 + 5 * HOUR_MS)


def row(text: str, *first: str) -> list[str]:
    """The cells of the first row that begins with these, without markup."""
    for found in re.findall(r"<tr>(.*?)</tr>", text, re.S):
        cells = [
            unescape(re.sub(r"<[^>]*>", " ", cell)).strip()
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", found, re.S)
        ]
        if tuple(cells[: len(first)]) == first:
            return cells
    raise AssertionError(f"no row {first}")


def test_each_model_has_a_line_with_its_figures(text: str, kind: Kind) -> None:
    made = kind.models[0].manifest
    assert made is not None
    found = made.figures
    assert found is not None
    cells = row(text, "login.logistic", "champion, pinned")
    assert cells[2:6] == ["cdcdcdcdcdcd", "2 h", "1,500", f"{found.abuse:,} abuse, {found.legit:,} legit"]
    assert cells[6:] == [rate(found.base_rate), "half within 60 min, 90 % within 60 min", "1.25 µs"]
    values = (found.auc, found.log_loss, found.brier, found.calibration_error, found.calibration_noise)
    assert row(text, "login.logistic", f"{found.auc:.4f}")[1:] == [f"{value:.4f}" for value in values]
    assert row(text, "login.new")[1:3] == ["challenger, has learned nothing yet", "untrained"]


def test_a_promise_is_shown_with_what_was_achieved_and_how_sure_that_is(text: str, kind: Kind) -> None:
    made = kind.models[0].manifest
    assert made is not None
    assert made.figures is not None
    held = made.figures.kept["0.01"]
    cells = row(text, "login.logistic", "1 %")
    assert cells[2] == counted(held.achieved, held.measured)
    assert re.fullmatch(r"[\d.]+ % \([\d.]+ % to [\d.]+ %\) of [\d,]+", cells[2])
    # 1,200 legitimate labels are too few for one in a thousand, and the page says so in words.
    assert made.figures.kept["0.001"].missing
    assert made.figures.kept["0.001"].missing in " ".join(row(text, "login.logistic", "0.1 %"))


def test_recall_and_precision_are_shown_at_promised_rates_and_at_scores_of_bands(text: str, kind: Kind) -> None:
    made = kind.models[0].manifest
    assert made is not None
    assert made.figures is not None
    at = made.figures.at_score["0.5"]
    cells = row(text, "login.logistic", "a band's score")
    assert cells[2:] == ["0.5", rate(at.recall), rate(at.false_positive_rate), rate(at.precision)]
    assert row(text, "login.logistic", "promised 1 %")


def test_the_gate_says_of_each_challenger_what_speaks_for_and_against_it(text: str) -> None:
    better, worse = row(text, "login.better", "passes"), row(text, "login.worse", "fails")
    assert "abuse, " in better[4]
    assert "that it is better" in better[-1]
    assert "evidence" in worse[-1]
    assert "the champion" in worse[5]
    assert "1 of 2" in text


def test_alarms_and_promotions_stand_there_in_words(text: str) -> None:
    assert "ip.logins_1h (1 to 4). Since " in text
    assert row(text, moment(T0), "promoted")[2:] == [
        "login.logistic@" + "cd" * 16,
        "login.old",
        "evidence 312.0 of 100 that it is better",
    ]


def test_every_model_with_labels_has_a_reliability_plot_within_its_frame(text: str) -> None:
    plots = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    assert len(plots) == 3
    for plot in plots:
        root = ElementTree.fromstring(plot)
        dots = [node for node in root.iter() if node.tag == "circle"]
        assert len(dots) >= 5
        for dot in dots:
            assert 44 <= float(dot.attrib["cx"]) <= 284
            assert 10 <= float(dot.attrib["cy"]) <= 250


def test_nothing_is_fetched_and_nothing_can_run(kind: Kind) -> None:
    hostile = msgspec.structs.replace(kind.models[1], model=HOSTILE)
    text = page([msgspec.structs.replace(kind, kind=HOSTILE, models=(kind.models[0], hostile))], T0)
    tags = " ".join(re.findall(r"<[^>]*>", text))
    assert not re.search(r"<(script|img|link|iframe|object|embed|a)\b|\bon\w+=|\b(src|href|style)=", tags)
    assert text.count("&lt;script&gt;") >= 4
    assert "prefers-color-scheme: dark" in text
    assert "default-src" in text
    ElementTree.fromstring(re.sub(r"<meta[^>]*>", "", text.split("\n", 1)[1]))


def test_a_kind_without_any_labels_has_a_page_too() -> None:
    champion = Shown(alias="champion", model="mail.stack", version=None, pinned=False, manifest=None)
    text = page([Kind(kind="mail", models=(champion,), changed=(), alarms=None)], T0)
    assert "has learned nothing yet" in text
    assert "No alarm was ever announced." in text
    assert "<svg" not in text


def test_small_shares_and_spans_keep_the_digits_that_matter() -> None:
    assert [rate(value) for value in (0.0008, 0.25, 1.0, None)] == ["0.08 %", "25 %", "100 %", "–"]
    assert [span(value) for value in (1.0, 90.0, 120.0, 7200.0, 200_000.0, None)] == [
        *("1 s", "90 s", "2 min", "2 h", "2.31 d", "–"),
    ]
