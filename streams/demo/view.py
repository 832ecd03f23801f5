"""The live view: a screen on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

import click
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from models.actions import ACTIONS
from streams.demo.stats import Snapshot
from streams.demo.words import in_words

_REFRESH_S = 0.5
_LINE_S = 3.0
_COLOURS = {"allow": "green", "review": "yellow", "challenge": "magenta", "throttle": "cyan"}


class View:
    """Shows what ``snapshot`` gives; call ``tick`` often."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False) if sys.stdout.isatty() else None
        self._shown_s = float("-inf")

    def __enter__(self) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tick(final=True)
        if self._live is not None:
            self._live.stop()

    def tick(self, *, final: bool = False) -> None:
        """Refresh if it is time."""
        now_s = time.monotonic()
        if not final and now_s - self._shown_s < (_REFRESH_S if self._live is not None else _LINE_S):
            return
        self._shown_s = now_s
        snapshot = self._snapshot()
        if self._live is not None:
            self._live.update(_screen(snapshot), refresh=True)
        else:
            click.echo(_line(snapshot))


def _line(now: Snapshot) -> str:
    actions = {action: sum(counts[action] for counts in now.actions.values()) for action in ACTIONS}
    mix = " ".join(f"{action} {count}" for action, count in actions.items() if count)
    aucs = " ".join(f"{name} {auc:.3f}" for name, (_, auc) in now.models.items() if auc is not None)
    top = f" | top {now.reasons[0][0]}" if now.reasons else ""
    return (
        f"{now.elapsed_s:5.0f} s | in {now.rate_in:5.0f}/s out {now.rate_out:5.0f}/s lag {now.waiting:5d} | "
        f"p50 {_ms(now.p50_ms)} p99 {_ms(now.p99_ms)} | decided {now.decided}"
        + (f" indexed {now.indexed}" if now.indexed else "")
        + (f" | {mix}{top}" if mix else "")
        + (f" | AUC {aucs}" if aucs else "")
    )


def _screen(now: Snapshot) -> Group:
    flow = Table.grid(padding=(0, 3))
    flow.add_row(
        f"[b]{now.elapsed_s:.0f} s[/b]",
        f"in [b]{now.rate_in:.0f}/s[/b]",
        f"out [b]{now.rate_out:.0f}/s[/b]",
        f"lag [b]{now.waiting}[/b]",
        f"event to verdict p50 [b]{_ms(now.p50_ms)}[/b] p99 [b]{_ms(now.p99_ms)}[/b]",
        f"decided [b]{now.decided}[/b] of {now.sent}",
        f"indexed [b]{now.indexed}[/b]" if now.indexed else "",
    )
    actions = Table("kind", *ACTIONS, title="actions", title_justify="left", expand=True)
    for kind, counts in now.actions.items():
        actions.add_row(kind, *(str(counts[action]) for action in ACTIONS))
    reasons = Table("rule", "fired", title="top reasons", title_justify="left", expand=True)
    for rule, count in now.reasons:
        reasons.add_row(rule, str(count))
    models = Table("model", "learned", "rolling AUC", title="models", title_justify="left", expand=True)
    for name, (learned, auc) in now.models.items():
        models.add_row(name, str(learned), "-" if auc is None else f"{auc:.3f}")
    side = Table.grid(expand=True, padding=(0, 2))
    side.add_row(reasons, models)
    last = Table("last verdicts that are not allow", show_edge=False, expand=True)
    for verdict in reversed(now.last):
        data = verdict.data
        reasons_ = [{"text": reason.text, "rule": reason.rule} for reason in data.reasons]
        colour = _COLOURS.get(data.action, "red")
        last.add_row(f"[{colour}]{in_words(data.event.kind, data.action, data.score, reasons_)}[/{colour}]")
    return Group(Panel(flow, title="Weir"), actions, side, last)


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
