"""Whether this machine has room for the services: a free port, and space on the disk."""

import errno
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

from infra.local.errors import ServicesError
from infra.local.service import HOST, Service
from infra.local.settings import LocalSettings, setting


def check_ports(services: Iterable[Service]) -> None:
    """Raise ServicesError that names the first port which someone else has."""
    for service in services:
        for name in service.port_settings:
            port = getattr(service.settings, name)
            with socket.socket() as probe:
                # As a server does: a connection that is only lingering does not make the port taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    raise ServicesError(
                        f"{service.name} cannot have port {port} ({_why(error)}): "
                        f"end what uses it, or set {setting(name)} to another one"
                    ) from None


def check_space(settings: LocalSettings) -> None:
    """Raise ServicesError if too little is free where data and downloads go."""
    for name in ("data", "cache"):
        folder: Path = getattr(settings, name)
        existing = next(part for part in (folder, *folder.parents) if part.exists())
        free_mb = shutil.disk_usage(existing).free // 2**20
        if free_mb < settings.free_space_mb:
            raise ServicesError(
                f"only {free_mb} MiB are free on the disk of {folder}, {settings.free_space_mb} are needed: "
                f"free some, or set {setting(name)} to a folder on another disk"
            )


def _why(error: OSError) -> str:
    return "it is taken" if error.errno == errno.EADDRINUSE else str(error.strerror)
