"""``weir features`` tells enough to recompute, and nothing but what the code does."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from support.events import CATALOGUES, KINDS, record

from streams.cli.features import features


def test_the_list_has_every_feature_of_the_vectors_with_what_defines_it() -> None:
    done = CliRunner().invoke(features, ["list", "--json"])
    assert done.exit_code == 0
    listed = json.loads(done.output)
    for name in KINDS:
        assert tuple(one["name"] for one in listed if one["kind"] == name) == CATALOGUES[name].names
    failures = next(one for one in listed if one["name"] == "ip.failures_10m")
    assert failures["aggregation"] == "count"
    assert failures["condition"] == "not success"
    assert (failures["window_s"], failures["bucket_s"], failures["buckets"]) == (600, 100, 6)
    assert failures["range"] == [0, None]
    assert all(one["sentence"] for one in listed)


def test_the_table_names_the_features_of_one_kind() -> None:
    done = CliRunner().invoke(features, ["list", "--kind", "signup"])
    assert done.exit_code == 0
    assert "device.signups_24h" in done.output
    assert "account.logins_1h" not in done.output


def test_inputs_are_entities_and_what_the_event_alone_tells(tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_bytes(record("login", "1", ip="::ffff:192.0.2.7") + b"\n\ngarbage\n")
    done = CliRunner().invoke(features, ["inputs", "--events", str(events)])
    assert done.exit_code == 1
    told = json.loads(done.stdout.splitlines()[0])
    assert told["entities"] == {"account": "ada", "ip": "192.0.2.7", "subnet": "192.0.2.0/24", "everyone": "*"}
    assert told["features"]["succeeded"] == 1
    assert set(told["features"]) == {info.name for info in CATALOGUES["login"].infos if info.entity is None}
