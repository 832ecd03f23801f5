"""Moments as people name them on the command line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import click

from features.errors import KindError
from features.event import to_milliseconds
from features.window import seconds

_SHAPES = "2026-11-21T05:00:00Z, 2026-11-21, 2h for two hours ago, or now"
_NOW = "now"


class Moment(click.ParamType):
    """Gives milliseconds since 1970; without a zone it is UTC. A duration counts back from now."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return int(time.time() * 1000) - (0 if value == _NOW else seconds(value) * 1000)
        except KindError:
            pass
        try:
            moment = datetime.fromisoformat(value)
            return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time such as {_SHAPES}", param, ctx)


MOMENT = Moment()
