"""A list that was begun live can be asked for by rules that are published afterwards."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.events import CATALOGUES

from models.bundle import RULEBOOK
from models.errors import RuleError
from streams.bundles.folders import shipped_bundles
from streams.bundles.live_lists import live_lists
from streams.standing.records import ListDeclared, list_key

ASKS = """
[[rule]]
id = "burned-address"
kind = "login"
when = "ip in lists.burned"
action = "challenge"
reason = "the address {ip} is burned"
owner = "tests"
cases = [
  { fires = true, values = { ip = "192.0.2.1" }, lists = { burned = ["ip"] } },
  { fires = false, values = { ip = "192.0.2.1" } },
]
"""


def declared(name: str, of: str) -> dict[str, bytes]:
    record = ListDeclared(of=of, description='a "quoted"\nlist')  # type: ignore[arg-type]
    return {list_key(name): msgspec.json.encode(record)}


def test_what_is_declared_live_is_declared_in_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "burned.toml").write_text(ASKS)
    with pytest.raises(RuleError, match="unknown list 'burned'"):
        shipped_bundles(CATALOGUES, [tmp_path])
    with live_lists(declared("burned", "ip"), [RULEBOOK, tmp_path]) as folders:
        bundle = shipped_bundles(CATALOGUES, folders[1:])["login"]
    assert bundle.lists["burned"].description == 'a "quoted"\nlist'
    assert "live/lists/burned.toml" in bundle.text.lists
    with (
        live_lists(declared("burned", "asn"), [RULEBOOK, tmp_path]) as folders,
        pytest.raises(RuleError, match="asn"),
    ):
        shipped_bundles(CATALOGUES, folders[1:])


def test_a_list_of_a_file_is_left_as_it_is() -> None:
    with live_lists(declared("blocked_networks", "asn"), [RULEBOOK]) as folders:
        assert folders == [RULEBOOK]
