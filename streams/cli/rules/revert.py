"""``weir rules revert``: takes back what a rule did."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from contextlib import suppress

import click
import msgspec
from confluent_kafka import KafkaException

from features.errors import StoreUnavailable, WeirError
from features.event import to_rfc3339
from models.errors import RuleError
from models.rules.rule import read_rules
from streams.bundles.shelf import BundleShelf
from streams.bundles.wire import BUNDLE_KEY, decode_bundle
from streams.cli.control import control_now, tell_control
from streams.cli.features.actor import StoreAway
from streams.cli.kafka import KafkaAway
from streams.cli.moments import MOMENT
from streams.cli.progress import Pace
from streams.cli.rules.shipping import all_catalogues, kinds_of
from streams.cli.signed import AUTHOR, now_ms
from streams.revert.record import Revert, reverts_in
from streams.revert.run import Report, Undo
from streams.settings import Settings, load_settings

_RATE = click.FloatRange(min=0, min_open=True)


@click.command()
@click.argument("rule")
@click.option(
    "--from", "from_ms", type=MOMENT, required=True, help="Of event times from then on (2h: two hours ago)."
)
@click.option("--to", "to_ms", type=MOMENT, required=True, help="Of event times before then (or: now).")
@click.option("--kind", help="The rule's kind, where several kinds have a rule of that id.")
@click.option("--dry-run", is_flag=True, help="Say what would be corrected; change nothing.")
@click.option("--rate", type=_RATE, default=1000, show_default=True, help="Corrections a second, at most.")
@click.option("--note", default="", help="Why, for those who find it later.")
@AUTHOR
@click.pass_context
def revert(
    ctx: click.Context,
    rule: str,
    from_ms: int,
    to_ms: int,
    kind: str | None,
    dry_run: bool,
    rate: float,
    note: str,
    author: str,
) -> None:
    """Correct all decisions in which RULE decided, as if it had never spoken at these event times.

    Every decision in Kafka's verdicts is judged again, by the rules that judged it, with this one silent. Where
    another action comes of it a corrected verdict is published, which all followers of verdicts take in the
    decision's place; so the enforcement of it ends. Decisions that were only escalated because of those are judged
    again too, wherever they are, and what was undone escalates nothing any more. Rules that were reverted before stay
    silent.

    It may be interrupted, and run again: a correction that is published is not published twice. Exit code 1 if
    decisions could not be judged again, because their rules are nowhere to be found.

    The rule itself is not taken out of force: that is for 'weir rules publish'.
    """
    if to_ms <= from_ms:
        raise click.UsageError(f"--to {to_rfc3339(to_ms)} is not after --from {to_rfc3339(from_ms)}")
    settings, catalogues = load_settings(), all_catalogues()
    kinds_of((kind,) if kind else (), catalogues)
    control = control_now(settings)
    shelf = BundleShelf(catalogues, control, settings.rulebook_folders)
    name = _kind_of(rule, kind, shelf, control)
    wanted = Revert(rule=rule, kind=name, from_ms=from_ms, to_ms=to_ms, author=author, note=note, at_ms=now_ms())
    others = [one for one in reverts_in(control, name) if one.id != wanted.id]
    undo = Undo(settings, catalogues[name], shelf.get, wanted, others, _look_back_s(shelf, name))
    click.echo(
        f"revert {wanted.id}: --from {to_rfc3339(from_ms)} --to {to_rfc3339(to_ms)} --kind {name}, in event time"
    )
    if dry_run:
        report = _asking(settings, undo.look)
    else:
        if wanted.key not in control:
            tell_control(settings, {wanted.key: msgspec.json.encode(wanted)})
        report = _asking(settings, lambda: undo.run(_at(rate)))
    _tell(report, dry_run=dry_run)
    _warn_if_in_force(rule, shelf, name, to_ms)
    ctx.exit(1 if report.unjudged else 0)


def _at(rate: float) -> Callable[[], None]:
    """A pace that begins with the first correction, and has nothing to catch up on."""
    pace: list[Pace] = []

    def wait() -> None:
        if not pace:
            pace.append(Pace(rate))
        pace[0].wait()

    return wait


def _kind_of(rule: str, kind: str | None, shelf: BundleShelf, control: Mapping[str, bytes]) -> str:
    """The kind that has, or had, such a rule; raises WeirError."""
    known: dict[str, set[str]] = {name: {one.id for one in b.engine.rules} for name, b in shelf.shipped.items()}
    for key, value in control.items():
        if key.startswith(BUNDLE_KEY):
            # A bundle that this release cannot read has rules too, but not for this release.
            with suppress(RuleError):
                text = decode_bundle(value).text
                known.setdefault(text.kind, set()).update(one.id for one, _ in read_rules(text.rules))
    kinds = sorted(name for name, rules in known.items() if rule in rules and kind in (None, name))
    if len(kinds) > 1:
        raise click.UsageError(f"there is a rule {rule!r} of {' and of '.join(kinds)}: say which with --kind")
    if not kinds:
        near = difflib.get_close_matches(rule, set().union(*(known[name] for name in known if kind in (None, name))))
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise WeirError(f"no bundle that ships or was published has a rule {rule!r}{hint}")
    return kinds[0]


def _look_back_s(shelf: BundleShelf, kind: str) -> int:
    """For how long a decision may count towards an escalation, by what is in force."""
    steps = shelf.get(kind, shelf.now(kind).hash).policy.escalation
    return max((step.window_s for step in steps), default=0)


def _asking(settings: Settings, body: Callable[[], Report]) -> Report:
    """Run ``body``; what is away is told in one message."""
    again = "what is corrected stays corrected: run the same again"
    try:
        return body()
    except KafkaException as error:
        raise KafkaAway(f"Kafka at {settings.kafka} fails ({error.args[0].name()}): {again}") from None
    except StoreUnavailable as error:
        raise StoreAway(
            f"Redis does not answer ({error}), and has to forget what escalations count: {again}"
        ) from None


def _tell(report: Report, *, dry_run: bool) -> None:
    click.echo(f"{report.seen:,} decisions in that time; the rule fired in {report.fired:,}")
    click.echo(
        f"{report.decisive:,} are another action without it; of these {report.done:,} had been corrected before"
    )
    click.echo(f"{report.corrected:,} {'would be' if dry_run else 'are now'} corrected")
    for (before, after), count in report.changes.most_common():
        click.echo(f"  {before} -> {after}: {count:,}")
    if report.escalated:
        click.echo(f"  among them {report.escalated:,} that had been escalated because of others")
    if report.harder:
        click.echo(f"{report.harder:,} would be a STRONGER action without the rule, and are left as they are")
    click.echo(
        f"{len(report.freed):,} targets {'would be' if dry_run else 'are'} freed of a decision that hindered them"
    )
    if report.uncounted:
        click.echo(f"{report.uncounted:,} decisions count for no escalation any more")
    for why, count in report.unjudged.most_common():
        click.echo(f"NOT JUDGED AGAIN {count:,}: {why}", err=True)
    if dry_run:
        click.echo("Nothing is changed.")


def _warn_if_in_force(rule: str, shelf: BundleShelf, kind: str, to_ms: int) -> None:
    try:
        rules = shelf.get(kind, shelf.now(kind).hash).engine.rules
    except RuleError:
        return
    if any(one.id == rule and one.mode == "live" for one in rules):
        click.echo(
            f"weir rules revert: {rule} IS STILL IN FORCE: what it decides from {to_rfc3339(to_ms)} on stays. "
            "Publish rules without it (weir rules publish), then run this for the rest of the time.",
            err=True,
        )
