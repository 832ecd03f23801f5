"""Ports, heaps and folders of the local services, from environment variables `WEIR_LOCAL_…`."""

import contextlib
import os
import socket
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.local.errors import ServicesError

PREFIX = "WEIR_LOCAL_"

Port = Annotated[int, Field(ge=1, le=65535)]
Heap = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[mMgG]$")]


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir"


class LocalSettings(BaseSettings):
    """Everything listens on 127.0.0.1; sizes are in MiB, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    data: Path = Path("var/local")
    cache: Path = Field(default_factory=_user_cache)
    java_home: Path | None = None

    kafka_port: Port = 19092
    kafka_controller_port: Port = 19093
    kafka_heap: Heap = "512m"
    redis_port: Port = 16379
    elasticsearch_port: Port = 19200
    elasticsearch_transport_port: Port = 19300
    elasticsearch_heap: Heap = "512m"

    free_space_mb: Annotated[int, Field(ge=0)] = 1024
    start_timeout_s: Annotated[float, Field(gt=0)] = 120.0

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        by_port: dict[int, str] = {}
        for name in type(self).model_fields:
            if not name.endswith("_port"):
                continue
            other = by_port.setdefault(getattr(self, name), name)
            if other != name:
                raise ValueError(f"{setting(other)} and {setting(name)} name the same port")
        return self


def setting(name: str) -> str:
    """The environment variable that sets a field."""
    return PREFIX + name.upper()


def load(data: Path | None = None) -> LocalSettings:
    """Read the settings; `data` outranks the environment. Folders come back absolute.

    Raises ServicesError that names the variable which is wrong or which no setting reads.
    """
    known = {setting(name) for name in LocalSettings.model_fields}
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if strange:
        raise ServicesError(f"{strange[0]} is no setting; there are: {', '.join(sorted(known))}")
    try:
        settings = LocalSettings() if data is None else LocalSettings(data=data)
    except ValidationError as error:
        first = error.errors()[0]
        name = setting(str(first["loc"][0])) + ": " if first["loc"] else ""
        raise ServicesError(f"{name}{first['msg']}") from None
    return settings.model_copy(
        update={
            "data": settings.data.expanduser().absolute(),
            "cache": settings.cache.expanduser().absolute(),
        }
    )


def on_free_ports(settings: LocalSettings) -> LocalSettings:
    """The same on ports that nobody holds at this moment."""
    names = [name for name in LocalSettings.model_fields if name.endswith("_port")]
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in names]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in probes]
    return settings.model_copy(update=dict(zip(names, ports, strict=True)))
