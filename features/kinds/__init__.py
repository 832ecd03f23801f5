"""The kinds of event: what ships in this package, and what lies in folders that a setting names."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from features.catalogue import Catalogue
from features.errors import KindError
from features.kind import Kind
from features.kinds._lines import line_about


def load_kinds(folders: Iterable[Path] = ()) -> dict[str, Kind]:
    """All kinds by name: every file here and in ``folders`` that declares a ``KIND``.

    Raises KindError, which begins with file and line, for what Python or the kind's catalogue refuses.
    """
    kinds: dict[str, Kind] = {}
    paths: dict[str, Path] = {}
    for folder in (Path(__file__).parent, *folders):
        if not folder.is_dir():
            raise KindError(f"{folder} is not a folder of kinds: correct the setting kinds_folders")
        for path in sorted(folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            kind = _load(path)
            if kind.name in kinds:
                raise KindError(
                    f"{path}: kind {kind.name!r} is already declared in another file, {paths[kind.name]}: rename it"
                )
            kinds[kind.name] = kind
            paths[kind.name] = path
    _check(kinds, paths)
    return kinds


def _load(path: Path) -> Kind:
    name = f"features.kinds.{path.stem}"
    if path.parent != Path(__file__).parent:
        # Two folders may each have a file of this name; annotations are looked up in the module by its name.
        name = f"weir_kind_{hashlib.blake2b(str(path.parent).encode(), digest_size=4).hexdigest()}_{path.stem}"
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(path):
        module = sys.modules[name]
    else:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            line = _line_in(path, error)
            if isinstance(error, KindError):
                raise KindError(f"{path}:{line_about(path, error, line)}: {error}", error.about) from None
            text = error.msg if isinstance(error, SyntaxError) else str(error)
            raise KindError(f"{path}:{line}: {type(error).__name__}: {text}") from error
    kind = getattr(module, "KIND", None)
    if not isinstance(kind, Kind):
        raise KindError(f"{path}: declares no KIND: end the file with 'KIND = Kind(name=…, fields=…, …)'")
    return kind


def _check(kinds: dict[str, Kind], paths: dict[str, Path]) -> None:
    """Compile every kind, which needs all to be there, for kinds read each other."""
    for kind in kinds.values():
        try:
            Catalogue(kind, kinds)
        except KindError as error:
            # A kind that reads another may be the first to meet what is wrong there.
            named = re.match(r"kind (\w+): ", str(error))
            path = paths[named[1] if named is not None and named[1] in paths else kind.name]
            raise KindError(f"{path}:{line_about(path, error)}: {error}", error.about) from None
        except Exception as error:
            path = paths[kind.name]
            raise KindError(f"{path}:{line_about(path)}: {type(error).__name__}: {error}") from error


def _line_in(path: Path, error: BaseException) -> int:
    """The last line of the file that the error passed through."""
    line = getattr(error, "lineno", None) or 1
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path.absolute():
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)
