"""A data scientist's models: every file of a folder that declares a ``MODEL``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from models.errors import ModelError
from models.scorers.model import Model


def load_models(folders: Iterable[Path]) -> tuple[Model, ...]:
    """All models that the files of these folders declare, in order of folders and names; raises ModelError."""
    return tuple(load_model(path) for folder in folders for path in _files(folder))


def load_model(path: Path) -> Model:
    """The ``MODEL`` of one file.

    Its module is known as ``weir_model_<name of the file>`` wherever it lies, so that a checkpoint of a class that it
    defines can be read by every process that has the file.
    """
    name = f"weir_model_{path.stem}"
    module = sys.modules.get(name)
    if module is not None and Path(module.__file__ or "").resolve() != path.resolve():
        raise ModelError(f"{path}: another file of models has this name, {module.__file__}: rename one")
    if module is None:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ModelError(f"{path}: cannot be read as a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise ModelError(f"{path}:{_line_in(path, error)}: {type(error).__name__}: {error}") from error
    model = getattr(module, "MODEL", None)
    if not isinstance(model, Model):
        del sys.modules[name]
        raise ModelError(f"{path}: declares no MODEL: end the file with 'MODEL = Model(name=\"login.mine\", make=…)'")
    return model


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder of models: correct the setting models_folders")
    return [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def _line_in(path: Path, error: BaseException) -> int:
    """The last line of the file that the error passed through."""
    line = getattr(error, "lineno", None) or 1
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == path.resolve():
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)
