"""Redis: the one on PATH, or Debian's, unpacked into the cache."""

import re
import shutil
import subprocess
from pathlib import Path

import redis

from infra.local import debian, reach
from infra.local.errors import ServicesError
from infra.local.service import HOST, Launch, Service

# Functions, on which the feature store rests, came with 7.0.
OLDEST = 7

# The first is a link to a program in the second, which a machine may have already, out of our folder.
PACKAGES = ("redis-server", "redis-tools")

CONFIGURATION = """\
bind {host}
port {port}
dir "{data}"
daemonize no
set-proc-title no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class Redis(Service):
    """Durable to the second: an append-only file, no snapshots."""

    name = "redis"
    variable = "WEIR_REDIS"
    port_settings = ("redis_port",)

    @property
    def address(self) -> str:
        return f"redis://{HOST}:{self.settings.redis_port}/0"

    def problem(self) -> str | None:
        if self._on_path() or self._unpacked.exists() or (reason := debian.problem()) is None:
            return None
        return f"redis-server {OLDEST} or newer is not on PATH, nor can Debian bring it ({reason}): install it"

    def fetch(self) -> None:
        if reason := self.problem():
            raise ServicesError(reason)
        if not self._on_path():
            debian.unpack(PACKAGES, self._unpacked)
            found = _version(self._program(), self._env())
            if found is None or int(found.split(".")[0]) < OLDEST:
                raise ServicesError(f"Debian's Redis is {found}: put redis-server {OLDEST} or newer on PATH")

    def version(self) -> str:
        return _version(self._program(), self._env()) or "unknown"

    def prepare(self) -> Launch:
        configuration = self.folder / "conf" / "redis.conf"
        configuration.write_text(
            CONFIGURATION.format(host=HOST, port=self.settings.redis_port, data=self.folder / "data")
        )
        return Launch(command=(str(self._program()), str(configuration)), env=self._env())

    def ready(self, address: str) -> bool:
        client = redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
        try:
            # While it still reads its append-only file, it answers with an error.
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    @property
    def _unpacked(self) -> Path:
        return reach.programs_folder(self.settings.cache) / "redis-debian"

    def _on_path(self) -> Path | None:
        program = shutil.which("redis-server")
        found = _version(Path(program), {}) if program else None
        return Path(program) if program and found and int(found.split(".")[0]) >= OLDEST else None

    def _program(self) -> Path:
        return self._on_path() or self._unpacked / "usr/bin/redis-server"

    def _env(self) -> dict[str, str]:
        return {} if self._on_path() else {"LD_LIBRARY_PATH": debian.library_path(self._unpacked)}


def _version(program: Path, env: dict[str, str]) -> str | None:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, env=env or None).stdout
    match = re.search(r"\bv=(\d+\.\d+\.\d+)", said)
    return match.group(1) if match else None
