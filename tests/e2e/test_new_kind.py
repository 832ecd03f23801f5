"""A new product is one file: from its topic to a searchable document without another edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.events import T0
from support.pipeline import Pipeline, wait_until

from streams.wire import encode_event

KINDS = Path(__file__).parents[2] / "examples" / "kinds"


@pytest.mark.services
def test_a_kind_of_ones_own_flows_from_topic_to_index(services: Any, tmp_path: Path) -> None:
    events = tmp_path / "transfers.ndjson"
    transfers = [
        {"account": "ada", "payee": f"p{i % 3}", "cents": 100 + i, "currency": "EUR", "note": "the secret note"}
        for i in range(20)
    ]
    lines = [encode_event("transfer", str(i), "bank", T0 + i, data) for i, data in enumerate(transfers)]
    events.write_bytes(b"\n".join(lines))
    with Pipeline(services, tmp_path, kinds_folders=KINDS, max_future_s=10**9) as pipeline:
        pipeline.start("worker")
        pipeline.start("indexer")
        pipeline.weir("produce", str(events))
        wait_until(lambda: pipeline.count() == 20, 60, "20 documents")
        documents = {document["_id"]: document["_source"] for document in pipeline.documents()}
        assert all(document["kind"] == "transfer" for document in documents.values())
        assert b"secret note" not in msgspec.json.encode(documents)
        # The account has paid p0, p1 and p2: 17 of its 20 transfers went to somebody it knew.
        found = pipeline.elastic.count(
            index=f"{pipeline.settings.namespace}-verdicts-*",
            query={"range": {"features.account.transfers_1h": {"gte": 18}}},
        )
        assert found["count"] == 3
        new_payee = pipeline.elastic.count(
            index=f"{pipeline.settings.namespace}-verdicts-*", query={"term": {"features.account.new_payee": 1}}
        )
        assert new_payee["count"] == 3
        assert "transfer" in pipeline.weir("schema", "--kind", "transfer").stdout
