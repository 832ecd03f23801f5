"""``weir budgets``: how many enforced actions each kind may still take, and letting a tripped one begin anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import click
import msgspec
from rich.table import Table

from features.errors import StoreUnavailable, WeirError
from features.event import to_rfc3339
from features.kinds import load_kinds
from models.budgets import Budgets
from models.policy import Budget, Policy
from streams.cli.control import control_now, tell_control
from streams.cli.rulebook import policy_of, texts_in_force
from streams.cli.signed import AS_JSON, day, now_ms, show_json, show_table, signed
from streams.settings import Settings, load_settings
from streams.standing.records import BudgetReset, Trip, reset_key, tripped_key
from streams.store import redis_store

_NEVER = BudgetReset(reset_ms=0)


class Shown(msgspec.Struct, frozen=True):
    """``used``: enforced actions in the window up to now; None where Redis does not answer. ``decisions``: of those
    the share is. ``tripped_at``: event time; None while it is not used up. ``reset_ms``: 0 if it never was."""

    kind: str
    budget: str
    window: str
    most: int | None
    share: float | None
    at_least: int
    used: int | None
    decisions: int | None
    tripped_at: str | None
    reset_ms: int
    reset_by: str
    reset_reason: str


@click.group()
def budgets() -> None:
    """Budgets of enforced actions: one that is used up lets its kind or rule only review until it is reset."""


@budgets.command()
@click.option("--kind", help="Only of this kind.")
@AS_JSON
@click.pass_context
def show(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """Show every budget, how much of it is used, and whether it has tripped; exit code 1 if one has."""
    settings = load_settings()
    control = control_now(settings)
    shown: list[Shown] = []
    for name, policy in _policies(control, settings, kind).items():
        counts = _counts(settings, name, policy, control) if policy.budgets else {}
        shown += [_shown(name, budget, control, counts.get(budget.name)) for budget in policy.budgets]
    if as_json:
        show_json(shown)
    elif not shown:
        click.echo("no policy has a budget")
    else:
        show_table(_table(shown))
    ctx.exit(1 if any(one.tripped_at is not None for one in shown) else 0)


@budgets.command()
@click.option("--kind", required=True)
@click.argument("names", nargs=-1, required=True, metavar="BUDGET...")
@signed
def reset(kind: str, names: tuple[str, ...], author: str, reason: str) -> None:
    """Let budgets begin anew, as in: weir budgets reset --kind login overall. Within a second all workers act again.

    A budget is named after its rule, or it is 'overall'.
    """
    settings = load_settings()
    control = control_now(settings)
    known = [budget.name for budget in _policies(control, settings, kind)[kind].budgets]
    if unknown := [name for name in names if name not in known]:
        raise WeirError(f"the policy of {kind} has no budget {unknown[0]!r}: there are {', '.join(known) or 'none'}")
    changes: dict[str, bytes | None] = {}
    said = []
    for name in dict.fromkeys(names):
        trip, last = _trip(control, kind, name), _reset(control, kind, name)
        had = "had tripped" if trip is not None and trip.holds(last.reset_ms) else "had not tripped"
        said.append(f"{kind}: {name}: counts anew; it {had}")
        # Greater than all before, whatever the clocks of those who reset say.
        before = max(last.reset_ms, trip.reset_ms if trip is not None else 0)
        at_ms = now_ms()
        one = BudgetReset(reset_ms=max(at_ms, before + 1), author=author, reason=reason, set_ms=at_ms)
        changes[reset_key(kind, name)] = msgspec.json.encode(one)
    tell_control(settings, changes)
    click.echo("\n".join(said))


def _policies(control: Mapping[str, bytes], settings: Settings, kind: str | None) -> dict[str, Policy]:
    kinds = load_kinds(settings.kinds_folders)
    if kind is not None and kind not in kinds:
        raise WeirError(f"there is no kind {kind!r}: there are {', '.join(sorted(kinds))}")
    texts = texts_in_force(control, kinds if kind is None else [kind], settings)
    return {name: policy_of(text) for name, text in texts.items()}


def _counts(
    settings: Settings, kind: str, policy: Policy, control: Mapping[str, bytes]
) -> dict[str, tuple[int, int | None]]:
    """By budget, what is used of it now, and of how many decisions it is a share; empty where Redis is away."""
    tallies = {
        budget.name: Budgets(
            msgspec.structs.replace(policy, budgets=(budget,)),
            kind,
            lambda name: _reset(control, kind, name).reset_ms,
        ).tallies
        for budget in policy.budgets
    }

    async def recall() -> list[int]:
        store = redis_store(settings)
        try:
            return (await store.recall([one for its in tallies.values() for one in its], now_ms(), ()))[0]
        finally:
            await store.close()

    try:
        counts = iter(asyncio.run(recall()))
    except StoreUnavailable:
        click.echo("weir budgets: Redis does not answer: what is used is not known", err=True)
        return {}
    found = {name: [next(counts) for _ in its] for name, its in tallies.items()}
    return {name: (its[0], its[1] if len(its) > 1 else None) for name, its in found.items()}


def _trip(control: Mapping[str, bytes], kind: str, budget: str) -> Trip | None:
    value = control.get(tripped_key(kind, budget))
    try:
        return None if value is None else msgspec.json.decode(value, type=Trip)
    except msgspec.MsgspecError:
        return None


def _reset(control: Mapping[str, bytes], kind: str, budget: str) -> BudgetReset:
    value = control.get(reset_key(kind, budget))
    try:
        return _NEVER if value is None else msgspec.json.decode(value, type=BudgetReset)
    except msgspec.MsgspecError:
        return _NEVER


def _shown(kind: str, budget: Budget, control: Mapping[str, bytes], counts: tuple[int, int | None] | None) -> Shown:
    trip, last = _trip(control, kind, budget.name), _reset(control, kind, budget.name)
    return Shown(
        kind,
        budget.name,
        budget.window,
        budget.most,
        budget.share,
        budget.at_least,
        None if counts is None else counts[0],
        None if counts is None else counts[1],
        to_rfc3339(trip.at_ms) if trip is not None and trip.holds(last.reset_ms) else None,
        last.reset_ms,
        last.author,
        last.reason,
    )


def _is_used_up(one: Shown) -> bool:
    budget = Budget(one.window, most=one.most, share=one.share, at_least=one.at_least)
    return one.used is not None and budget.used_up(one.used, one.decisions or 0)


def _table(shown: list[Shown]) -> Table:
    table = Table("kind", "budget", "at most", "used", "state", "last reset", show_edge=False)
    for one in shown:
        most = (
            f"{one.most} in {one.window}" if one.most is not None else f"{one.share:.4g} of decisions in {one.window}"
        )
        used = "?" if one.used is None else f"{one.used}" + (f" of {one.decisions}" if one.share is not None else "")
        state = "ok" if one.tripped_at is None else f"TRIPPED since {one.tripped_at}: review only"
        if one.tripped_at is None and _is_used_up(one):
            state = "USED UP: trips with the next event"
        reset = " ".join(filter(None, (day(one.reset_ms), one.reset_by, one.reset_reason)))
        table.add_row(one.kind, one.budget, most, used, state, reset)
    return table
