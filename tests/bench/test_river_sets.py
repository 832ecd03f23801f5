"""River's published figures are reproduced by its own calls; what is not there is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from quality import river_sets
from quality.river_sets import Set, our_results, phishing, river_results, smtp


@pytest.fixture(scope="module")
def set_() -> Set:
    return phishing()


def test_the_published_figures_of_phishing_are_reproduced(set_: Set) -> None:
    results = river_results(set_)
    assert [(f"{one.accuracy:.4f}", f"{one.f1:.4f}") for one in results] == [
        ("0.8872", "0.8712"),
        ("0.8799", "0.8606"),
    ]
    assert all(one.reproduced for one in results)


def test_a_figure_that_differs_in_the_last_published_digit_is_not_reproduced(set_: Set) -> None:
    result = river_results(set_)[0]
    assert not replace(result, accuracy=0.8873).reproduced
    assert not replace(result, f1=0.8711).reproduced
    assert not replace(result, published=("0.8873", "0.8712")).reproduced


def test_models_that_are_not_published_have_nothing_to_reproduce(set_: Set) -> None:
    results = our_results(replace(set_, matrix=set_.matrix[:300], abuse=set_.abuse[:300]))
    assert all(one.reproduced and one.published is None for one in results)
    assert all((one.accuracy is None) == ("no labels" in one.model) for one in results)


def test_without_its_file_the_smtp_set_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(river_sets, "_SMTP", tmp_path / "nothing.zip")
    monkeypatch.setenv("RIVER_DATA", str(tmp_path))
    assert smtp() is None
