"""Whether the functions that a kind's file names can be called with what they will be given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from features.errors import KindError


def check_call(function: Callable[..., Any], values: int, where: str, about: str) -> None:
    """Refuse a function that cannot be called with so many values; some builtins do not tell."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return
    try:
        signature.bind(*range(values))
    except TypeError as error:
        name = getattr(function, "__qualname__", function)
        raise KindError(f"{where}: {name} cannot be called with {values} values: {error}", about=about) from None
