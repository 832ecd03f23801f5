"""Find a JDK that fits: the `java` on PATH is often an old one while a newer one lies elsewhere."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra.local.errors import ServicesError
from infra.local.settings import LocalSettings, setting

OLDEST = 21

# Folders that hold one JDK each in a folder of its own.
SHELVES = ("/usr/lib/jvm", "/usr/java", "/usr/local", "/usr/local/lib/jvm", "/opt", "/opt/java", "/opt/jdk")
USER_SHELVES = (".sdkman/candidates/java", ".jdks", ".asdf/installs/java", ".local/share/mise/installs/java")


def home(settings: LocalSettings) -> Path:
    """The home of the newest JDK that fits, or of the one that the settings name."""
    if settings.java_home is not None:
        chosen = settings.java_home.expanduser().absolute()
        found = major(chosen)
        if found is None or found < OLDEST:
            what = "no JDK lies there" if found is None else f"that is Java {found}, needed is {OLDEST} or newer"
            raise ServicesError(f"{setting('java_home')}={settings.java_home}: {what}")
        return chosen
    homes = {path.resolve(): major(path) for path in candidates()}
    fitting = [(version, path) for path, version in homes.items() if version is not None and version >= OLDEST]
    if not fitting:
        seen = ", ".join(f"{version} in {path}" for path, version in sorted(homes.items()) if version is not None)
        raise ServicesError(
            f"Kafka and Elasticsearch need a JDK {OLDEST} or newer (found: {seen or 'none'}): install one, "
            f"or name its folder in {setting('java_home')}"
        )
    return max(fitting)[1]


def candidates() -> Iterator[Path]:
    """Folders that may be the home of a JDK."""
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parent.parent
    for shelf in (*map(Path, SHELVES), *(Path.home() / name for name in USER_SHELVES)):
        if shelf.is_dir() and os.access(shelf, os.R_OK | os.X_OK):
            yield from (path for path in shelf.iterdir() if os.access(path / "bin/java", os.X_OK))


def major(folder: Path) -> int | None:
    """The feature version of the JDK in that folder; None if there is none that runs."""
    java = folder / "bin/java"
    if not os.access(java, os.X_OK):
        return None
    release = folder / "release"
    if release.is_file() and (said := _number(r'^JAVA_VERSION="([^"]+)"', release.read_text(errors="replace"))):
        return said
    try:
        asked = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _number(r'version "([^"]+)"', asked.stderr + asked.stdout)


def _number(pattern: str, text: str) -> int | None:
    match = re.search(pattern, text, re.MULTILINE)
    # 1.8.0_392 is Java 8; 25.0.3, 25-ea and 25 are Java 25.
    parts = re.findall(r"\d+", match.group(1)) if match else []
    if not parts:
        return None
    return int(parts[1]) if parts[0] == "1" and len(parts) > 1 else int(parts[0])
