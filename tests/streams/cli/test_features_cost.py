"""``weir features cost`` says what an operator has to buy, and what a server says to it."""

from __future__ import annotations

import json

from click.testing import CliRunner
from support.events import CATALOGUES

from streams.cli.features import features


def test_a_kind_is_told_by_entity_and_in_all() -> None:
    done = CliRunner().invoke(features, ["cost", "--entities", "1000", "--kind", "login", "--json"])
    assert done.exit_code == 0
    told = json.loads(done.output)
    kept = {source.entity for source in CATALOGUES["login"].sources if source.plan.whole is None}
    assert {row["entity"] for row in told["entities"]} == kept
    account = next(row for row in told["entities"] if row["entity"] == "account")
    assert account["entity_bytes"]["typical"] == sum(account[name] for name in ("key", "expiry", "table", "typical"))
    rows = told["entities"]
    assert told["total_bytes"]["most"] == round(sum(row["entities"] * row["entity_bytes"]["most"] for row in rows))
    assert "measured" not in told


def test_more_events_take_more_memory_until_sets_are_full() -> None:
    def typical(events: int) -> list[int]:
        words = ["cost", "--entities", "1000", "--events-per-entity", str(events), "--json"]
        return [row["typical"] for row in json.loads(CliRunner().invoke(features, words).output)["entities"]]

    one, many, too_many = typical(1), typical(40), typical(400)
    assert sum(one) < sum(many)
    assert all(few <= more for few, more in zip(one, many, strict=True))
    assert sum(too_many) < 1.2 * sum(many)


def test_a_measurement_stands_beside_what_was_computed(redis_server: str) -> None:
    words = ["cost", "--entities", "2000", "--kind", "signup", "--redis", redis_server]
    done = CliRunner().invoke(features, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert 0.85 < told["measured"]["ratio"] < 1.15
    assert all("measured" in row for row in told["entities"] if row["entities"] == 2000)
    table = CliRunner().invoke(features, words)
    assert "computed/measured" in table.stdout
    assert "one of each" in table.stdout
