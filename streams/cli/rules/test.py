"""``weir rules test``: every rule on its own cases, and what of its condition these have seen."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from models.rules.cases import complaints
from models.rules.coverage import Seen, coverage
from models.rules.finding import Finding
from streams.cli.rules.written import ALONE, FOLDERS, Written, written


class Tested(msgspec.Struct, frozen=True):
    """``met`` of ``outcomes``: each comparison of the condition can come out true and false. ``unmet``: in words."""

    kind: str
    rule: str
    path: str
    line: int
    cases: int
    failures: list[Finding]
    met: int
    outcomes: int
    unmet: list[str]

    @property
    def percent(self) -> float:
        return _percent(self.met, self.outcomes)


@click.command()
@FOLDERS
@ALONE
@click.option("--json", "as_json", is_flag=True, help="One object: every rule with its failures and its coverage.")
@click.pass_context
def test(ctx: click.Context, folders: tuple[Path, ...], alone: bool, as_json: bool) -> None:
    """Run all cases of all rules: with the rulebook that ships, those of FOLDERS, or else of the setting
    rulebook_folders.

    Coverage: how many of a condition's comparisons the cases have seen both true and false. Exit code 1 if a case
    comes out otherwise than it is written, or a rule does not compile.
    """
    found = written(folders, alone, int(time.time() * 1000))
    tested = _tested(found)
    names = {one.rule for one in tested}
    # What does not compile has no cases that could be run.
    broken = [one for one in found.findings if one.level == "error" and one.rule not in names]
    failed = sum(len(one.failures) for one in tested)
    met, outcomes = sum(one.met for one in tested), sum(one.outcomes for one in tested)
    if as_json:
        answer = {
            "rules": [{**msgspec.structs.asdict(one), "percent": one.percent} for one in tested],
            "broken": broken,
            "cases": sum(one.cases for one in tested),
            "failed": failed,
            "percent": _percent(met, outcomes),
        }
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        for finding in [*broken, *(failure for one in tested for failure in one.failures)]:
            click.echo(f"{finding.render()}\n")
        _show(tested)
        click.echo(
            f"\n{len(tested)} rules, {sum(one.cases for one in tested)} cases, {failed} come out otherwise; "
            f"coverage of conditions {_percent(met, outcomes):.1f} % ({met} of {outcomes})"
        )
    ctx.exit(1 if failed or broken else 0)


def _tested(found: Written) -> list[Tested]:
    tested = []
    for kind, (words, rules) in found.checked.rules.items():
        catalogue = found.catalogues[kind]
        for one in rules:
            seen = coverage(one, catalogue, words)
            tested.append(
                Tested(
                    kind=kind,
                    rule=one.rule.id,
                    path=one.place.path,
                    line=one.place.line,
                    cases=len(one.rule.cases),
                    failures=list(complaints(one, catalogue, words)),
                    met=seen.met,
                    outcomes=2 * len(seen.seen),
                    unmet=[_unmet(part) for part in seen.seen if not (part.true and part.false)],
                )
            )
    return tested


def _unmet(part: Seen) -> str:
    if part.true or part.false:
        return f"{part.text}: never {'false' if part.true else 'true'}"
    return f"{part.text}: never asked"


def _show(tested: list[Tested]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 160
    table = Table("kind", "rule", "cases", "coverage", "not seen", show_edge=False)
    for one in tested:
        table.add_row(one.kind, one.rule, str(one.cases), f"{one.percent:.0f} %", "; ".join(one.unmet))
    console.print(table, highlight=False, markup=False)


def _percent(met: int, outcomes: int) -> float:
    return 100 * met / outcomes if outcomes else 100.0
