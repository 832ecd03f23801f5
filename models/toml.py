"""Reading TOML that anybody may have written."""

from __future__ import annotations

import tomllib
from typing import Any


def read_toml(text: str) -> dict[str, Any]:
    """Raises TOMLDecodeError, also for what Python's own parser gives up on in another way."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except ValueError:
        # Python reads no whole number of more than 4300 digits.
        raise tomllib.TOMLDecodeError("a number or a moment is too large") from None
