"""A backtest in one process, in many, and on Dask: the same report, to the last byte."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import backtest_apart
from support.backtest_apart import BASELINE, CANDIDATE
from support.backtests import backtest, decide, logins, plan_of

from features.event import decision_id
from streams.offline.backtest.on_dask import DaskAway
from streams.offline.backtest.plan import Compiled, OtherCode


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Verdicts, of which one stands twice in a block and one in two blocks, a line that is none; and labels."""
    folder = tmp_path_factory.mktemp("backtest")
    made = decide(logins(700), BASELINE)
    (folder / "verdicts").write_bytes(b"\n".join([*made[:300], made[298], b"no verdict", *made[300:], made[0]]))
    events = [msgspec.json.decode(one) for one in logins(700)]
    truth = {
        decision_id("login", one["source"], one["id"]): "legit" if one["data"]["success"] else "abuse"
        for one in events[::3]
    }
    (folder / "truth").write_bytes(msgspec.json.encode(truth))
    return folder / "verdicts", folder / "truth"


@pytest.fixture(scope="module")
def alone(files: tuple[Path, Path]) -> bytes:
    """What one process reports."""
    return apart(files)


def apart(files: tuple[Path, Path], **options: Any) -> bytes:
    """In a process of its own: others that it begins end with it."""
    script = Path(backtest_apart.__file__)
    done = subprocess.run(
        [sys.executable, str(script), *map(str, files), msgspec.json.encode(options).decode()],
        env={**os.environ, "PYTHONPATH": str(script.parent.parent)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def test_one_process_reports_what_there_is(alone: bytes) -> None:
    report, decisions, refused = msgspec.json.decode(alone)
    assert (report["events"], report["passed_over"], len(decisions)) == (700, {"repetitions": 2}, 700)
    assert refused == [["test", 302]]
    (kind,) = report["kinds"]
    assert kind["candidate"]["trips"]
    assert kind["candidate"]["actions"]["block"] > 5
    assert all(kind[some] for some in ("changes", "missed", "newly_hit_examples", "timeline"))
    assert kind["labels"]["abuse"] + kind["labels"]["legit"] == 234


def test_many_processes_report_the_same(files: tuple[Path, Path], alone: bytes) -> None:
    assert apart(files, workers=3, alone_bytes=100_000) == alone


def test_dask_reports_the_same(files: tuple[Path, Path], alone: bytes) -> None:
    assert apart(files, dask="local", workers=2) == alone


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.offline.backtest.on_dask._TIMEOUT_S", 1)
    with pytest.raises(DaskAway, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        backtest([b"{}"], plan_of(CANDIDATE, BASELINE), dask="tcp://127.0.0.1:9")


def test_without_dask_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DaskAway, match=r"pip install 'dask\[distributed\]'"):
        backtest([b"{}"], plan_of(CANDIDATE, BASELINE), dask="local")


def test_another_release_elsewhere_is_refused_rather_than_believed() -> None:
    plan = plan_of(CANDIDATE, BASELINE)
    with pytest.raises(OtherCode, match="install the same release"):
        Compiled(replace(plan, schemas={"login": "other"}))
    with pytest.raises(OtherCode, match="install the same release"):
        Compiled(replace(plan, code="other"))
