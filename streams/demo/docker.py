"""Services from docker-compose.yml, for machines that have a Docker engine and cannot run them natively."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from streams.demo.processes import DemoError

COMPOSE = Path("docker-compose.yml")
SERVICES = ("kafka", "redis", "elasticsearch")
_PROJECT = "weir-demo"
ADDRESSES = {
    "WEIR_KAFKA": "127.0.0.1:19092",
    "WEIR_REDIS": "redis://127.0.0.1:16379/0",
    "WEIR_ELASTICSEARCH": "http://127.0.0.1:19200",
}


def docker_problem() -> str | None:
    """Why this machine cannot run the services in containers, in a line; None if it can."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if not COMPOSE.is_file():
        return f"{COMPOSE} is not in this folder"
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        if subprocess.run(command, capture_output=True, timeout=60, check=False).returncode != 0:
            return f"'{' '.join(command)}' fails: no Docker engine answers"
    return None


def up() -> dict[str, str]:
    """Start the services and wait until they are healthy; their addresses by setting."""
    _compose("up", "--detach", "--wait", *SERVICES)
    return ADDRESSES


def down() -> None:
    _compose("down", "--volumes")


def _compose(*words: str) -> None:
    command = ["docker", "compose", "--project-name", _PROJECT, "--file", str(COMPOSE), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise DemoError(f"'docker compose {words[0]}' failed: {done.stderr.strip().splitlines()[-1:]}")
