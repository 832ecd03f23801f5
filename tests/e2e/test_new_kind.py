"""A new product is one file: docs/add-a-product.md, followed to the letter, ends with a searchable document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from elasticsearch import Elasticsearch
from support.tutorial import ROOT, blocks, checkout, follow

PAGE = "add-a-product.md"


def test_what_the_page_shows_of_the_example_is_what_the_example_says() -> None:
    files = [path.read_text() for path in (ROOT / "examples").rglob("*") if path.suffix in (".py", ".toml")]
    shown = [block for block in blocks(PAGE) if block.language in ("python", "toml")]
    assert len(shown) > 4
    assert [block.text for block in shown if not any(block.text in file for file in files)] == []


@pytest.mark.services
def test_a_product_of_ones_own_flows_from_topic_to_document_as_the_page_says(services: Any, tmp_path: Path) -> None:
    local = services.stack.settings
    env = {
        **{f"WEIR_LOCAL_{name.upper()}": str(value) for name, value in local.model_dump(exclude_none=True).items()},
        **{f"WEIR_{process}_PORT": "0" for process in ("WORKER", "INDEXER")},
    }
    follow(PAGE, checkout(tmp_path / "weir"), env, timeout_s=300)
    with Elasticsearch(services.elasticsearch) as elastic:
        query = {"range": {"features.account.failed_logins_1h": {"gte": 5}}}
        (found,) = elastic.search(index="weir-verdicts-*", query=query)["hits"]["hits"]
    document = found["_source"]
    assert document["kind"] == "transfer"
    assert document["action"] == "challenge"
    assert document["rule"]["id"] == ["transfer-after-guessing"]
    assert document["features"]["account.payee_countries_7d"] == 1
    assert b"thank you" not in msgspec.json.encode(found)
