"""The page about backtests does what it says."""

from __future__ import annotations

from pathlib import Path

import msgspec
from support.tutorial import checkout, follow


def test_a_rule_is_tried_by_following_the_page(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "weir")
    follow("backtest.md", folder, {}, timeout_s=300)
    assert (folder / "backtest" / "report.html").read_text().startswith("<!doctype html>")
    (kind,) = msgspec.json.decode((folder / "backtest" / "report.json").read_bytes())["kinds"]
    (mine,) = [rule for rule in kind["rules"] if rule["id"] == "login-failing-address"]
    assert (mine["change"], mine["newly_hit"]["targets"] > 0) == ("new", True)
