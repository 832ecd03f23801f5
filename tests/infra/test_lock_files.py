"""The lock files pin everything by hash and say nothing about the machine on which they were made."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")


def entries(name: str) -> dict[str, set[str]]:
    """Requirement lines (with their markers) and the hashes of each."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text()):
        if not block.startswith("#"):
            found[block.partition(" \\\n")[0]] = set(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", block))
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_one_version_with_hashes(name: str) -> None:
    for requirement, hashes in entries(name).items():
        assert re.fullmatch(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==[\w.+!-]+( ; .+)?", requirement)
        assert hashes, requirement


@pytest.mark.parametrize("name", FILES)
def test_no_host_and_no_path_is_in_it(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|(^|\s)/\w", text)


def test_the_larger_ones_contain_the_smaller_ones() -> None:
    runtime, dev, build = (entries(name) for name in ("requirements.lock", "requirements-dev.lock", FILES[2]))
    assert runtime.items() <= dev.items()
    assert build.items() <= dev.items()


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in (
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", project["optional-dependencies"]["dev"]),
    ):
        locked = {re.split(r"[\[=]", requirement)[0] for requirement in entries(name)}
        direct = {re.split(r"[\[<>=]", requirement)[0].lower() for requirement in wanted}
        assert direct <= locked
