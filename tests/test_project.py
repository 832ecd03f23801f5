"""The project as a whole: its wheel works elsewhere, it names no machine, and its README tells of what there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.events import record

from streams.cli.main import _COMMANDS, weir

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Where this machine's package managers are told whence to fetch, if anywhere.
_CONFIGS = ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf", "~/.npmrc", "/etc/npmrc",
            "~/.m2/settings.xml", "/etc/uv/uv.toml", "~/.config/uv/uv.toml", "/usr/local/etc/npmrc")  # fmt: skip
_VARIABLES = re.compile(r"(?i)(pip_|uv_|npm_config_|maven_|.*(index|registry|mirror|proxy))")
# Namespaces, sites of standards, services of docker-compose.yml and this machine itself.
_KNOWN_HOSTS = {
    "127.0.0.1", "localhost", "host", "json-schema.org", "www.w3.org", "www.apache.org", "maven.apache.org", "redis",
    "elasticsearch", "prometheus", "kafka", "kibana", "grafana",
}  # fmt: skip


def tracked() -> dict[str, str]:
    """Every tracked text file with its content."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed outside the checkout; what it depends on stays where it is."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("weir-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    packages = ("features", "models", "streams", "infra")
    files = [path for package in packages for path in (ROOT / package).rglob("*") if path.is_file()]
    missing = {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts} - held
    assert missing == set(), "every file of the packages is in the wheel"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--target", str(folder / "place"), str(wheel)], check=True)
    return folder / "place"


def installed(place: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the installed script ``weir`` in ``folder``; every module of ours has to come from ``place``."""
    script = place / "bin" / "weir"
    program = (
        f"import runpy, sys; sys.argv[0] = {str(script)!r}\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally:\n"
        "    ours = ('features', 'models', 'streams', 'infra')\n"
        "    files = [m.__file__ for n, m in list(sys.modules.items()) if n.split('.')[0] in ours and m.__file__]\n"
        f"    assert files and all(file.startswith({str(place)!r}) for file in files), files\n"
    )
    env = {"PYTHONPATH": str(place), "PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run([sys.executable, "-c", program, *words], cwd=folder, env=env, capture_output=True)


def test_replay_runs_from_an_installed_wheel_outside_the_checkout(place: Path, tmp_path: Path) -> None:
    lines = [record(kind, kind, ip="192.0.2.1") for kind in ("login", "signup", "mail")]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines))
    done = installed(place, tmp_path, "replay", "--events", "events.ndjson", "--out", "verdicts.ndjson")
    assert done.returncode == 0, done.stderr.decode()
    made = (tmp_path / "verdicts.ndjson").read_bytes()
    assert made.count(b"\n") == 3
    here = [sys.executable, "-m", "streams", "replay", "--events", "events.ndjson", "--out", "-"]
    # In the same folder: a checkout may hold reference data that the other one has not.
    assert subprocess.run(here, cwd=tmp_path, capture_output=True, check=True).stdout == made


def test_the_wheel_brings_the_files_that_are_no_modules(place: Path) -> None:
    for name in ("features/store/observe.lua", "models/rulebook/login/policy.toml", "infra/local/pom.xml",
                 "infra/local/checksums.txt", "infra/prometheus/prometheus.yml"):  # fmt: skip
        assert (place / name).read_bytes() == (ROOT / name).read_bytes()
    shipped = {str(path.relative_to(ROOT)) for path in (ROOT / "models" / "rulebook").rglob("*.toml")}
    assert len(shipped) > 5
    assert {str(path.relative_to(place)) for path in (place / "models" / "rulebook").rglob("*.toml")} == shipped
    assert not (place / "tests").exists()


def test_the_wheel_must_not_be_uploaded_and_says_its_licence(place: Path) -> None:
    (metadata,) = place.glob("weir-*.dist-info/METADATA")
    text = metadata.read_text()
    assert "Classifier: Private :: Do Not Upload" in text
    assert "License-Expression: Apache-2.0" in text


def test_no_file_names_a_folder_of_the_machine_on_which_it_was_made() -> None:
    # Written in parts, or this file would be found.
    folders = ["/" + "work/", "/" + "root/"]
    found = [(name, folder) for name, text in tracked().items() for folder in folders if folder in text]
    assert found == []


def test_no_file_names_the_place_from_which_this_machine_fetches_packages() -> None:
    told = [value for name, value in os.environ.items() if _VARIABLES.match(name)]
    for config in _CONFIGS:
        path = Path(config).expanduser()
        if path.is_file():
            told.append(path.read_text(errors="replace"))
    hosts = {host for text in told for host in re.findall(r"://(?:[^@/\s]*@)?([\w.-]+\.\w+)", text)} - _KNOWN_HOSTS
    hosts = {host for host in hosts if host.rsplit(".", 1)[-1].isalpha()}
    # Namespaces of an XML file are no hosts.
    assert [(name, host) for name, text in tracked().items() for host in hosts if f"//{host}" in text] == []


def test_code_and_configuration_know_no_foreign_host() -> None:
    found = {
        (name, host)
        for name, text in tracked().items()
        if not name.endswith(".md") and not name.startswith("tests/") and name != "LICENSE"
        for host in re.findall(r"https?://([\w.-]*\w)", text)
        if host not in _KNOWN_HOSTS
    }
    assert found == set()


def test_lock_files_name_no_address() -> None:
    locks = {name: text for name, text in tracked().items() if name.endswith((".lock", "checksums.txt"))}
    assert len(locks) >= 4
    assert [name for name, text in locks.items() if "://" in text or "index-url" in text] == []


def test_help_lists_every_command_with_a_line_of_its_own() -> None:
    done = CliRunner().invoke(weir, ["--help"])
    assert done.exit_code == 0
    listed = dict(re.findall(r"(?m)^  ([a-z]+)  +(\S.*)$", done.stdout))
    assert set(_COMMANDS) <= set(listed)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(weir, [command, "--help"])
    assert done.exit_code == 0
    assert f"{command} [" in done.stdout


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(weir, ["decide"]).exit_code == 2


def test_every_command_and_target_of_the_readme_exists_and_every_command_is_in_it() -> None:
    named = set(re.findall(r"(?:`|bin/)weir ([a-z]+)", README))
    assert named == set(_COMMANDS)
    targets = set(re.findall(r"(?m)^([a-z-]+):[^#\n]*## ", (ROOT / "Makefile").read_text()))
    asked = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert {"demo", "test", "setup"} <= asked <= targets


def test_every_option_of_the_readme_exists() -> None:
    for command, options in re.findall(r"(?:`|bin/)weir ([a-z]+)([^`\n]*)", README):
        shown = CliRunner().invoke(weir, [command, "--help"]).stdout
        for sub in re.findall(r"[a-z]+", options.split("--")[0]):
            if re.search(rf"(?m)^  {sub}  ", shown):
                shown += CliRunner().invoke(weir, [command, sub, "--help"]).stdout
        for option in re.findall(r"--[a-z-]+", options):
            assert re.search(rf"{option}\b", shown), f"weir {command} {option}"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README):
        assert (ROOT / target).exists(), target
