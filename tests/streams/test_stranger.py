"""A stranger recomputes every stateful feature from what the command line prints: nothing of Weir but the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from support.disorder import crowded
from support.events import T0
from support.hostile import garbage, odd_but_valid
from support.oracle import Oracle, Seen
from support.traffic import traffic

from features.event import Event, to_rfc3339

ROOT = Path(__file__).parents[2]


def weir(folder: Path, *words: str, settings: Mapping[str, str] | None = None, code: int = 0) -> bytes:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-m", "streams", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **(settings or {})},
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stderr.decode()[-2000:]
    return done.stdout


def recomputed(folder: Path, events: Path, settings: Mapping[str, str] | None = None) -> int:
    """Compare every verdict of a replay with brute force; how many values were equal."""
    listed = json.loads(weir(folder, "features", "list", "--json", settings=settings))
    told = weir(folder, "features", "inputs", "--events", str(events), settings=settings, code=1).splitlines()
    verdicts = weir(folder, "replay", "--events", str(events), "--out", "-", settings=settings, code=1).splitlines()
    found = {identity(v["data"]["event"]): v["data"] for v in map(json.loads, verdicts)}
    schema = json.loads(weir(folder, "schema", settings=settings))["$defs"]
    written: dict[tuple[str, str, str], Any] = {}
    for line in events.read_bytes().splitlines():
        # What is no event is in nobody's list of inputs; of a repetition the first counts.
        try:
            one = json.loads(line)
            written.setdefault(identity({"kind": one["type"], **one}), one["data"])
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    oracle, compared, met = Oracle(listed), 0, set()
    for line in told:
        inputs = json.loads(line)
        name = identity(inputs)
        if name in met:
            continue
        met.add(name)
        required = schema[inputs["kind"]]["properties"]["data"]["required"]
        fields = {n: None if v == "" and n not in required else v for n, v in written[name].items()}
        seen = Seen(inputs["kind"], inputs["time_ms"], {**fields, **inputs["inputs"]}, inputs["entities"])
        features = found[name]["features"]
        wanted = {**oracle.expected(seen), **inputs["features"]}
        assert {n: (features[n], v) for n, v in wanted.items() if features[n] != v} == {}
        assert features.keys() == wanted.keys()
        assert found[name]["entities"] == {n: v for n, v in inputs["entities"].items() if n != "everyone"}
        compared += len(wanted)
        oracle.add(seen)
    assert met == found.keys()
    return compared


def identity(event: Mapping[str, Any]) -> tuple[str, str, str]:
    return event["kind"], event["source"], event["id"]


def test_every_feature_of_a_thousand_random_events_is_recomputed_from_what_is_printed(tmp_path: Path) -> None:
    lines = traffic(3, 1_000, T0)
    lines[500:500] = [value for _, value, _ in garbage(1, 20, T0) if value is not None and b"\n" not in value]
    lines += [value for _, value in odd_but_valid(T0)]
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"".join(line + b"\n" for line in lines))
    assert recomputed(tmp_path, events) > 50_000


KIND = """
from __future__ import annotations
from typing import Annotated
from support import rich_kind as made

KIND = made.{name}
"""


def test_so_are_those_of_kinds_that_use_every_aggregation(tmp_path: Path) -> None:
    kinds = tmp_path / "kinds"
    kinds.mkdir()
    for name in ("DEED", "VISIT"):
        (kinds / f"{name.lower()}.py").write_text(KIND.format(name=name))
    settings = {"WEIR_KINDS_FOLDERS": str(kinds), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    events = tmp_path / "events.ndjson"
    lines = [as_record(one) for one in crowded(7, 600)]
    events.write_bytes(b"".join(line + b"\n" for line in [*lines, b"garbage"]))
    assert recomputed(tmp_path, events, settings) > 20_000


def as_record(one: Event) -> bytes:
    """An event as its producer wrote it."""
    envelope = {"specversion": "1.0", "id": one.id, "source": one.source, "type": one.kind.name}
    return msgspec.json.encode({**envelope, "time": to_rfc3339(one.time_ms), "data": one.data})
