"""Files of bundles have names that say nothing of a machine, and become the same bundle again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.events import CATALOGUES

from features.errors import WeirError
from models.bundle import BundleText, load_bundles
from streams.bundles.folders import bundles_alone, shipped_bundles, write_files

RULE = """[[rule]]
id = "{id}"
kind = "{kind}"
when = "ip.{kind}s_1h > 3"
action = "review"
reason = "many"
owner = "me"
cases = [
  {{ fires = true, values = {{ "ip.{kind}s_1h" = 4 }} }},
  {{ fires = false, values = {{ "ip.{kind}s_1h" = 3 }} }},
]
"""


def folder(place: Path, id_: str, kind: str = "login") -> Path:
    (place / kind).mkdir(parents=True)
    (place / kind / "own.toml").write_text(RULE.format(id=id_, kind=kind))
    return place


def test_names_are_those_of_the_folders_and_say_nothing_of_the_machine(tmp_path: Path) -> None:
    mine, theirs = folder(tmp_path / "a" / "rules", "one"), folder(tmp_path / "b" / "rules", "two")
    (mine / "lists").mkdir()
    (mine / "lists" / "bad.toml").write_text('of = "ip"\n')
    bundle = shipped_bundles(CATALOGUES, [mine, theirs])["login"]
    names = list(bundle.text.rules)
    assert names[0].startswith("rulebook/login/")
    assert names[-2:] == ["rules/login/own.toml", "rules~2/login/own.toml"]
    assert list(bundle.text.lists)[-1] == "rules/lists/bad.toml"
    assert bundle.text.policy[0] == "rulebook/login/policy.toml"
    assert str(tmp_path) not in str(bundle.text)
    assert bundle.hash == load_bundles(CATALOGUES, [mine, theirs])["login"].hash


def test_the_same_rules_have_the_same_hash_wherever_they_stand(tmp_path: Path) -> None:
    places = [folder(tmp_path / name, "one") for name in ("here", "there")]
    first, second = (shipped_bundles(CATALOGUES, [place])["login"] for place in places)
    assert first.hash == second.hash
    assert first.text != second.text


def test_files_that_were_written_out_are_the_same_bundle_again(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", "one")
    (own / "lists").mkdir()
    (own / "lists" / "bad.toml").write_text('of = "ip"\n')
    bundles = shipped_bundles(CATALOGUES, [own])
    write_files([bundle.text for bundle in bundles.values()], tmp_path / "out")
    again = bundles_alone(CATALOGUES, [tmp_path / "out" / "rulebook", tmp_path / "out" / "own"])
    assert {kind: bundle.hash for kind, bundle in again.items()} == {
        kind: bundle.hash for kind, bundle in bundles.items()
    }


def test_a_default_policy_is_written_where_the_kind_finds_it(tmp_path: Path) -> None:
    text = BundleText(kind="login", rules={"own/login/a.toml": ""}, policy=("rulebook/default/policy.toml", "x"))
    (_, policy) = write_files([text], tmp_path)
    assert policy == tmp_path / "own" / "login" / "policy.toml"


def test_nothing_is_overwritten_and_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    text = BundleText(kind="login", rules={}, policy=("own/login/policy.toml", "x"))
    write_files([text], tmp_path / "out")
    with pytest.raises(WeirError, match=r"policy\.toml exists: name a folder that is new"):
        write_files([text], tmp_path / "out")
    for name in ("../login/policy.toml", f"{tmp_path}/login/policy.toml"):
        foreign = BundleText(kind="login", rules={}, policy=(name, "x"))
        with pytest.raises(WeirError, match="is outside of"):
            write_files([foreign], tmp_path / "other")
    assert not (tmp_path / "other").exists()
