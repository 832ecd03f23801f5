"""The files of a publisher by their names, whether they lie in a folder, a .tgz or a .zip."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from features.errors import ReferenceDataError


def read_files(path: Path, names: Collection[str]) -> dict[str, bytes]:
    """What the files of these names hold, by their paths inside; nothing is unpacked to disk.

    Raises ReferenceDataError where ``path`` is none of the three, or broken.
    """
    try:
        if path.is_dir():
            files = {str(file.relative_to(path)): file for file in sorted(path.rglob("*")) if file.name in names}
            return {name: file.read_bytes() for name, file in files.items()}
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                return {name: packed.read(name) for name in packed.namelist() if Path(name).name in names}
        found = {}
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if Path(member.name).name in names else None
                if file is not None:
                    found[member.name] = file.read()
        return found
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
        raise ReferenceDataError(f"{path} cannot be read ({error}): give a folder, a .tgz or a .zip") from None
