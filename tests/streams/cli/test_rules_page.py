"""docs/rules.md does what it says: its commands are run, and print what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

from support.events import CATALOGUES
from support.tutorial import ROOT, checkout, follow

from features.expression.functions import FUNCTIONS, MISSING
from models.facts import NO_FACTS
from models.rules.engine import RuleEngine
from models.rules.rule import Rule, read_rules
from models.verdict import Reason

PAGE = (ROOT / "docs" / "rules.md").read_text()


def test_a_rule_is_written_by_following_the_page(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "weir")
    follow("rules.md", folder, {}, timeout_s=120)
    login = CATALOGUES["login"]
    made = RuleEngine(login, read_rules({"a.toml": (folder / "my-rules" / "login" / "abroad.toml").read_text()}))
    vector = [4 if name == "account.devices_24h" else 0 for name in login.names]
    shown = made.reason(0, SimpleNamespace(success=True, country="FR"), vector, None, NO_FACTS)
    (example,) = re.findall(r"```json\n(.*?)\n```", PAGE)
    assert Reason(**json.loads(example)) == shown


def test_the_page_tells_every_key_and_every_function() -> None:
    for name in (*Rule.__struct_fields__, "values", "event", "time", "lists", "labels"):
        assert f"| `{name}` |" in PAGE
    for name in (*FUNCTIONS, MISSING):
        assert f"`{name}(" in PAGE
