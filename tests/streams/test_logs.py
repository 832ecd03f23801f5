"""Logs: one JSON object a line, the libraries' records among them, and nothing below the asked level."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging, structlog
from streams.logs import configure_logs
from streams.settings import Settings
configure_logs(Settings(), "worker")
log = structlog.get_logger()
log.debug("quiet")
log.info("decided", count=3, text="ü\\n")
try:
    raise ValueError("x")
except ValueError:
    log.exception("failed")
logging.getLogger("somebody").warning("said %s", "it")
logging.getLogger("mode").warning("chatter")
logging.getLogger("aiokafka").error("chatter")
"""


def lines(**env: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_every_line_is_one_json_object_with_time_level_and_process() -> None:
    records = [json.loads(line) for line in lines()]
    assert [record["event"] for record in records] == ["decided", "failed", "said it"]
    assert [record["level"] for record in records] == ["info", "error", "warning"]
    assert all(record["process"] == "worker" and record["timestamp"].endswith("Z") for record in records)
    assert (records[0]["count"], records[0]["text"]) == (3, "ü\n")
    assert "ValueError: x" in records[1]["exception"]


@pytest.mark.parametrize(("level", "first"), [("debug", "quiet"), ("warning", "failed")])
def test_the_level_is_a_setting(level: str, first: str) -> None:
    assert json.loads(lines(WEIR_LOG_LEVEL=level)[0])["event"] == first


def test_console_lines_are_for_reading() -> None:
    assert "decided" in lines(WEIR_LOG_FORMAT="console")[0]
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(lines(WEIR_LOG_FORMAT="console")[0])
