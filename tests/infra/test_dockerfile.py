"""The image, without Docker: its Dockerfile is sound, and what it copies is there."""

import re
import subprocess
import sysconfig
from fnmatch import fnmatch
from pathlib import Path

import pytest

from streams.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# A line that goes on is one instruction.
INSTRUCTIONS = re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()


def instructions(word: str) -> list[str]:
    return [line.removeprefix(word).strip() for line in INSTRUCTIONS if line.startswith(f"{word} ")]


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_has_stages_and_its_processes_are_not_root() -> None:
    assert len(instructions("FROM")) >= 2
    user = instructions("USER")
    assert len(user) == 1
    assert user[0] not in ("root", "0")


def test_its_health_is_that_of_the_process() -> None:
    (check,) = instructions("HEALTHCHECK")
    (port,) = instructions("EXPOSE")
    assert f"http://127.0.0.1:{port}/ready" in check


def test_everything_is_installed_by_hash_but_our_own_wheel() -> None:
    installs = re.findall(r"pip install [^&\n]*", "\n".join(instructions("RUN")))
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or re.search(r"--no-deps \S+\.whl", install)


def test_what_it_copies_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    sources = [
        source for copy in instructions("COPY") if not copy.startswith("--from") for source in copy.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in sent), source


def test_its_environment_is_accepted_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = dict(re.findall(rf"({PREFIX}\w+)=(\S+)", " ".join(instructions("ENV"))))
    assert {name.removeprefix(PREFIX).lower() for name in pairs} <= set(Settings.model_fields)
    for name, value in pairs.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    (port,) = instructions("EXPOSE")
    ports = {settings.worker_port, settings.learner_port, settings.indexer_port, settings.enforcer_port}
    assert ports == {int(port)}
    assert settings.http_host == "0.0.0.0"


def test_the_entry_point_is_the_projects_command() -> None:
    assert instructions("ENTRYPOINT") == ['["weir"]']
