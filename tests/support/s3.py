"""A real S3 server for tests: S3Proxy, which Maven brings like Kafka, over a folder, with signed requests."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from infra.local import java
from infra.local.artefacts import GOAL, verify
from infra.local.draft import draft_of
from infra.local.settings import LocalSettings

_HERE = Path(__file__).parent / "s3_server"
_CHECKSUMS = _HERE / "checksums.txt"
_START_S = 120
KEY, SECRET = "test-identity", "test-credential"


@contextmanager
def s3_server(folder: Path, port: int, bucket: str) -> Iterator[Mapping[str, str]]:
    """Serve a bucket that lies in the folder; yields the environment with which clients find it."""
    (folder / bucket).mkdir(parents=True)
    settings = {
        "s3proxy.endpoint": f"http://127.0.0.1:{port}",
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": KEY,
        "s3proxy.credential": SECRET,
        # Newer clients send checksums that it does not know.
        "s3proxy.ignore-unknown-headers": "true",
        "jclouds.provider": "filesystem-nio2",
        "jclouds.identity": "none",
        "jclouds.credential": "none",
        "jclouds.filesystem.basedir": str(folder),
    }
    config, log = folder.parent / "s3proxy.conf", folder.parent / "s3proxy.log"
    config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    local = LocalSettings()
    command = [str(java.home(local) / "bin/java"), "-Xmx128m", f"-Dlogback.configurationFile={_HERE / 'logback.xml'}"]
    command += ["-cp", f"{_jars(local.cache)}/*", "org.gaul.s3proxy.Main", "--properties", str(config)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL) as server:
        try:
            _await(server, settings["s3proxy.endpoint"], log)
            yield {
                "AWS_ENDPOINT_URL": settings["s3proxy.endpoint"],
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
            }
        finally:
            server.terminate()


def _jars(cache: Path) -> Path:
    target = cache / f"s3proxy-{hashlib.sha256(_CHECKSUMS.read_bytes()).hexdigest()[:12]}"
    with draft_of(target) as draft:
        if draft is not None:
            command = ["mvn", "--batch-mode", "--quiet", "--file", str(_HERE / "pom.xml"), GOAL]
            command += ["-DincludeScope=runtime", f"-DoutputDirectory={draft}"]
            subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=600)
            verify(draft, _CHECKSUMS.read_text())
    return target


def _await(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline_s = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < deadline_s:
        try:
            urlopen(url, timeout=5).close()
        except HTTPError:
            return  # it answers, if only that nobody signed the request
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"S3Proxy did not start:\n{log.read_text()[-2000:]}")
