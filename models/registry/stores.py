"""Which store a registry's address means."""

from __future__ import annotations

from models.registry.bucket import Bucket, is_bucket
from models.registry.local import LocalFolder, local_folder
from models.registry.remote import RemoteFolder
from models.registry.store import Store


def store_at(url: str) -> Store:
    """Raises RegistryUnavailable for what cannot be opened."""
    folder = local_folder(url)
    if folder is not None:
        return LocalFolder(folder)
    return Bucket(url) if is_bucket(url) else RemoteFolder(url)
