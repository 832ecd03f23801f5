"""The document of the features leaves nothing out that a stranger needs to recompute them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.events import KINDS

from features.aggregations import Count
from features.catalogue import Catalogue, catalogues
from features.document import document

CATALOGUES = catalogues(list(KINDS.values()))
TEXT = document(CATALOGUES.values())


def section(kind: str) -> str:
    return TEXT.split(f"\n## {kind}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_entity_input_and_feature_of_a_kind_has_a_row(name: str) -> None:
    told = [line.split(" | ")[0].removeprefix("| ") for line in section(name).splitlines()]
    declared = [*(e.name for e in KINDS[name].entities), *(i.name for i in KINDS[name].inputs)]
    assert [row.strip("`") for row in told if row.startswith("`")] == [*declared, *CATALOGUES[name].names]


def test_every_definition_is_written_out_once() -> None:
    formulas = {info.formula for c in CATALOGUES.values() for info in c.infos if info.aggregation != "derived"}
    assert {formula: TEXT.count(f"\n{formula}\n") for formula in formulas} == dict.fromkeys(formulas, 1)


def test_every_letter_means_one_thing_in_all_formulas() -> None:
    assert TEXT.count("T is the greatest event time of all earlier events") == 1
    formulas = [info.formula for c in CATALOGUES.values() for info in c.infos if info.aggregation != "derived"]
    assert not any("T: " in formula or "T is the" in formula for formula in formulas)
    successes = next(info for info in CATALOGUES["login"].infos if info.name == "account.since_success_s")
    assert "max(0, t - L)" in successes.formula
    assert "If t - T > horizon_s" in successes.formula


def test_what_defines_a_feature_beside_its_formula_stands_in_its_row() -> None:
    rows = {line.split("`")[1]: line for line in section("login").splitlines() if line.startswith("| `")}
    assert "| distinct: cap 32, kept_bucket_s 600 | 24h (14400 s) | `ip` |" in rows["account.ips_24h"]
    assert "of_kind `signup`" in rows["ip.signups_24h"]
    assert '"weight":0.6' in rows["account.risk"]
    assert rows["account.idle_s"].endswith("| 2592000 | 0 … | s |")


def test_a_bar_in_a_condition_does_not_end_its_cell() -> None:
    login = KINDS["login"]
    kind = replace(login, features=(Count("account.bars", "bars", where="failure_reason == 'a|b'"),))
    assert "`failure_reason == 'a\\|b'`" in document([Catalogue(kind)])


def test_the_order_of_loading_does_not_matter() -> None:
    assert document(reversed(CATALOGUES.values())) == TEXT
