"""Bring Kafka and Elasticsearch through Maven, and let nothing in whose checksum is not the pinned one."""

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

from infra.local import reach
from infra.local.draft import draft_of
from infra.local.errors import ServicesError
from infra.local.settings import LocalSettings

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
CHECKSUMS = HERE / "checksums.txt"
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def folder(settings: LocalSettings) -> Path:
    """Where they lie: a folder for each state of the list, so that an upgrade never mixes two."""
    state = hashlib.sha256(CHECKSUMS.read_bytes()).hexdigest()[:12]
    return reach.programs_folder(settings.cache) / f"java-services-{state}"


def problem(settings: LocalSettings) -> str | None:
    """Why they cannot be brought, as far as one can tell without trying."""
    if folder(settings).exists() or shutil.which("mvn"):
        return None
    return "Maven, which brings Kafka and Elasticsearch, is missing: sudo apt-get install maven"


def fetch(settings: LocalSettings) -> Path:
    """The folder with `kafka/*.jar` and `elasticsearch/`, filled if this is the first time."""
    if missing := problem(settings):
        raise ServicesError(missing)
    target = folder(settings)
    with draft_of(target) as draft:
        if draft is not None:
            jars = draft / "kafka"
            _run_maven(jars)
            verify(jars, CHECKSUMS.read_text())
            (archive,) = jars.glob("elasticsearch-*.zip")
            _unpack(archive, draft)
            archive.unlink()
    return target


def verify(downloads: Path, checksums: str) -> None:
    """Check the folder against lines of `sha256sum`: no file may be missing, changed, or not in the list."""
    expected = {name: digest for digest, name in (line.split(maxsplit=1) for line in checksums.splitlines())}
    for name in sorted(expected.keys() | {path.name for path in downloads.iterdir()}):
        path = downloads / name
        if name not in expected:
            raise ServicesError(f"Maven brought {name}, which is not in the list of checksums: it was not used")
        if not path.is_file():
            raise ServicesError(f"Maven did not bring {name}")
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != expected[name]:
            raise ServicesError(
                f"{name} has the checksum {found} instead of {expected[name]}: it was not used. Delete it "
                "from Maven's local repository (~/.m2) and try again; if that does not help, "
                "do not trust where it comes from"
            )


def _run_maven(output: Path) -> None:
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(POM), GOAL]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={output}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        first = next((line for line in said if "ERROR" in line), said[0] if said else "it said nothing")
        raise ServicesError(f"Maven could not bring Kafka and Elasticsearch: {first}")


def _unpack(archive: Path, into: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            path = Path(packed.extract(member, into))
            # zipfile forgets who may execute what.
            if mode := member.external_attr >> 16 & 0o777:
                path.chmod(mode)
    (top,) = (path for path in into.iterdir() if path.name.startswith("elasticsearch-"))
    top.rename(into / "elasticsearch")
