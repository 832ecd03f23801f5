"""The whole benchmark, on few mails: its tables, drawings and figures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import model_quality
import pytest
from quality.entrants import WEIR_TEXT
from support.mail_corpora import made_up, written


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    mails = written(folder / "mails.jsonl", made_up(150))
    assert model_quality.main(["--quick", "--mail", str(mails), "--out", str(folder / "one")]) == 0
    assert model_quality.main(["--quick", "--mail", str(mails), "--out", str(folder / "two")]) == 0
    return folder


def figures(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "figures.json").read_text())
    return found


def without_costs(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_costs(one) for name, one in value.items() if not name.endswith("us")}
    return [without_costs(one) for one in value] if isinstance(value, list) else value


def test_two_runs_give_the_same_figures(out: Path) -> None:
    one, two = figures(out / "one"), figures(out / "two")
    assert one["mail"][0]["rows"]
    assert without_costs(one) == without_costs(two)


def test_every_row_has_all_its_figures_and_costs(out: Path) -> None:
    (mail,) = figures(out / "one")["mail"]
    assert (mail["corpus"], mail["mails"], mail["abuse"]) == ("mails.jsonl", 150, 50)
    assert mail["false_positives"] == {"0.001": 0, "0.01": 1}
    for row in mail["rows"]:
        low, high = row["all"]["auc_error_interval"]
        assert low <= high
        assert set(row["all"]["recall"]) == {"0.001", "0.01"}
        assert row["later"] is None
        assert row["score_us"] > 0
    names = [row["name"] for row in mail["rows"]]
    assert names[0] == WEIR_TEXT
    assert names[-1] == "bogofilter"


def test_fewer_missed_spams_are_told_in_percent_of_bogofilters(out: Path) -> None:
    (mail,) = figures(out / "one")["mail"]
    *others, bogofilter = mail["rows"]
    assert bogofilter["fewer"] == {}
    for row in others:
        for rate, fewer in row["fewer"].items():
            missed, theirs = fewer["missed"], fewer["missed_by_bogofilter"]
            assert missed == round(mail["abuse"] * (1 - row["all"]["recall"][rate] / 100))
            assert theirs == round(mail["abuse"] * (1 - bogofilter["all"]["recall"][rate] / 100)) > 0
            assert fewer["percent"] == pytest.approx(100 * (theirs - missed) / theirs)


def test_the_machine_is_described(out: Path) -> None:
    assert {"cpu", "cores", "python", "river", "bogofilter"} <= figures(out / "one")["machine"].keys()


def test_the_tables_show_what_the_figures_say(out: Path) -> None:
    tables = (out / "one" / "tables.md").read_text()
    (mail,) = figures(out / "one")["mail"]
    for row in mail["rows"]:
        assert row["name"].replace("|", "\\|") in tables
        assert f"{row['all']['auc_error']:.3f} [" in tables
    assert "0.8872 / 0.8712: yes" in tables


def test_the_drawings_are_svg_with_every_row(out: Path) -> None:
    drawn = {path.name: ElementTree.parse(path).getroot() for path in (out / "one").glob("*.svg")}
    assert set(drawn) == {"mails-jsonl-roc.svg", "mails-jsonl-degradation.svg"}
    for name, root in drawn.items():
        words = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
        assert {WEIR_TEXT, "bogofilter"} <= words, name


def test_mails_that_cannot_be_had_are_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert model_quality.main(["--quick", "--mail", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("bench-models: ")
