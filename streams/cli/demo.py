"""``weir demo``: the whole pipeline on real input, on whatever this machine can run."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from features.errors import WeirError
from streams.cli.services import LocalError, local_problem, running_local, start_local, stop_local
from streams.demo import docker
from streams.demo.embedded import run_embedded
from streams.demo.input import DemoInput, demo_input
from streams.demo.live import run_live
from streams.demo.summary import Summary, show
from streams.logs import configure_logs
from streams.settings import Settings, load_settings

_FOLDER = Path("var/demo")


@click.command()
@click.option("--keep", is_flag=True, help="Leave the services running, with what the demo wrote.")
@click.option("--mail", type=click.Path(exists=True, path_type=Path), help="Your own mails instead of the corpus.")
@click.option("--embedded", is_flag=True, help="One process, no servers.")
def demo(keep: bool, mail: Path | None, embedded: bool) -> None:
    """Run real mails and simulated attacks through the whole pipeline, and show it.

    Exit code 0 only if every event has exactly one verdict.
    """
    # Told to end, the demo still ends everything that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.setdefault("WEIR_LOG_LEVEL", "error")
    problem = None if embedded else local_problem()
    try:
        if embedded:
            good = _embedded(mail)
        elif problem is None:
            good = _native(keep, mail)
        elif (other := docker.docker_problem()) is None:
            good = _docker(keep, mail)
        else:
            click.echo(f"No servers on this machine: {problem}; and {other}. Everything runs in one process instead.")
            good = _embedded(mail)
    except (WeirError, LocalError) as error:
        click.echo(f"weir demo: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("weir demo: interrupted", err=True)
        sys.exit(130)
    sys.exit(0 if good else 1)


def _native(keep: bool, mail: Path | None) -> bool:
    # What is kept is what `weir services` will find; otherwise a folder and ports of the demo's own.
    data = None if keep else _FOLDER / "services"
    was_running = running_local(data)
    click.echo("starting Kafka, Redis and Elasticsearch (the first time they are downloaded)")
    try:
        addresses = start_local(data, click.echo, any_ports=not keep)
        good = _live(addresses, keep, mail)
    except BaseException:
        if not was_running:
            stop_local(data, purge=not keep)
        raise
    if not keep:
        stop_local(data, purge=True)
    return good


def _docker(keep: bool, mail: Path | None) -> bool:
    click.echo("starting Kafka, Redis and Elasticsearch in containers")
    try:
        return _live(docker.up(), keep, mail)
    finally:
        if not keep:
            docker.down()


def _live(addresses: Mapping[str, str], keep: bool, mail: Path | None) -> bool:
    with _environment(addresses, keep) as env:
        settings = load_settings()
        configure_logs(settings, "demo")
        source = _read(settings, mail)
        summary = run_live(settings, env, source, _FOLDER / "logs", click.echo)
    steps = [
        "make demo KEEP=1 leaves the services running",
        ".venv/bin/weir worker, learner and indexer: start the three processes yourself",
        ".venv/bin/weir simulate --events 1000 --seed 2 --produce: more traffic",
        "add a rule to models/rulebook/login/ and run the demo again",
    ]
    if keep:
        path = _FOLDER / "env"
        path.write_text("".join(f"export {name}={value}\n" for name, value in env.items()))
        steps[0] = "the services go on running; 'make services-down' ends them"
        steps.insert(1, f"in a shell: source {path}")
    return _judge(summary, source, "Elasticsearch", steps)


def _embedded(mail: Path | None) -> bool:
    settings = load_settings()
    configure_logs(settings, "demo")
    source = _read(settings, mail)
    out = _FOLDER / "verdicts.ndjson"
    summary = run_embedded(settings, source, out)
    steps = ["make demo: the same on real Kafka, Redis and Elasticsearch", f"read the verdicts in {out}"]
    return _judge(summary, source, str(out), steps)


def _read(settings: Settings, mail: Path | None) -> DemoInput:
    click.echo("reading the mails and simulating a week of signups, logins and spam runs")
    source = demo_input(settings, mail)
    refused = f", {source.unreadable} entries that hold none" if source.unreadable else ""
    click.echo(f"{source.mails} mails read{refused}; {len(source.steps)} events in all")
    return source


def _judge(summary: Summary, source: DemoInput, where: str, steps: list[str]) -> bool:
    show(summary, where, steps)
    missing = summary.missing(step.decision_id for step in source.steps)
    repeated, extra = summary.repeated(), len(summary.seen) - len(source.steps) + missing
    good = missing == 0 and repeated == 0 and extra == 0
    click.echo(
        f"\n{len(source.steps)} events, {len(source.steps) - missing} with a verdict, {missing} without, "
        f"{repeated} with more than one, {extra} verdicts without an event: {'all is well' if good else 'NOT GOOD'}"
    )
    return good


@contextmanager
def _environment(addresses: Mapping[str, str], keep: bool) -> Iterator[dict[str, str]]:
    """Addresses and names for this run alone, so that what other runs left is not counted."""
    run = f"demo-{uuid.uuid4().hex[:6]}"
    registry = _FOLDER / "registry" / run
    env = {
        **addresses,
        "WEIR_TOPIC_PREFIX": f"{run}-",
        "WEIR_NAMESPACE": run,
        "WEIR_REGISTRY": str(registry.absolute()),
        "WEIR_MIN_LABELS": "50",
        "WEIR_CHECKPOINT_S": "2",
    }
    before = dict(os.environ)
    os.environ.update(env)
    try:
        yield env
    finally:
        os.environ.clear()
        os.environ.update(before)
        if not keep:
            shutil.rmtree(registry.parent, ignore_errors=True)
