"""TOML at which Python's own parser fails in its own ways is refused like any other that is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.errors import RuleError
from models.lists import read_list
from models.policy_file import read_policy
from models.rules.rule import read_rules


@pytest.mark.parametrize(
    "read",
    [
        lambda text: read_rules({"x.toml": text}),
        lambda text: read_policy(text, "x.toml"),
        lambda text: read_list("x", text, "x.toml"),
    ],
)
@pytest.mark.parametrize(
    ("text", "why"), [(f"x = {'[' * 3000}", "nested too deeply"), (f"x = {'9' * 5000}", "is too large")]
)
def test_what_no_parser_can_hold_is_refused_with_its_file(read: Callable[[str], object], text: str, why: str) -> None:
    with pytest.raises(RuleError, match=rf"x\.toml.*not TOML: .*{why}"):
        read(text)
