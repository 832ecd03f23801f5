"""What the services have in common: a name, ports, a folder, how to start one and to see that it is ready."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.account import Account
from infra.local.settings import LocalSettings

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Launch:
    """How to start a service whose folder is prepared."""

    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    account: Account | None = None


class Service(ABC):
    """One service in one data folder, which has `data`, `conf`, `log` and the record of its process."""

    name: str
    variable: str
    port_settings: tuple[str, ...]

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings

    @property
    def folder(self) -> Path:
        return self.settings.data / self.name

    @property
    def log(self) -> Path:
        return self.folder / "log" / "output.log"

    @property
    @abstractmethod
    def address(self) -> str:
        """Under the settings as they are; a service that runs already may have another, in its record."""

    @abstractmethod
    def problem(self) -> str | None:
        """Why it cannot run here, as far as one can tell without downloading anything."""

    @abstractmethod
    def version(self) -> str:
        """Of the program that `prepare` would start."""

    @abstractmethod
    def fetch(self) -> None:
        """Bring what is missing."""

    @abstractmethod
    def prepare(self) -> Launch:
        """Write the configuration into the folder, which exists with its subfolders."""

    @abstractmethod
    def ready(self, address: str) -> bool:
        """One probe, of at most a few seconds, over the protocol that clients use."""
