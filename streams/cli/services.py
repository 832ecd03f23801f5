"""`weir services`: Kafka, Redis and Elasticsearch on this machine. The only file that knows `infra`."""

import signal
from collections.abc import Callable
from pathlib import Path

import click

from infra.local.errors import ServicesError
from infra.local.settings import load, on_free_ports
from infra.local.stack import NAMES, Stack

# For commands that start the services themselves, and must not know infra.
LocalError = ServicesError

DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder instead of WEIR_LOCAL_DATA (var/local).",
)


def start_local(
    data: Path | None = None, say: Callable[[str], None] = lambda _line: None, *, any_ports: bool = False
) -> dict[str, str]:
    """Start what is not running; the addresses, by the names of Weir's settings. Raises ServicesError.

    `any_ports`: on free ports instead of those of the settings, beside whatever else runs on this machine.
    """
    settings = load(data)
    return Stack(on_free_ports(settings) if any_ports else settings, say).up()


def stop_local(data: Path | None = None, purge: bool = False) -> None:
    """End what `start_local` or `weir services up` started in that folder."""
    Stack(load(data)).down(purge=purge)


def running_local(data: Path | None = None) -> bool:
    """True if something that was started in that folder is running."""
    return any(status.pid is not None for status in Stack(load(data)).status())


def local_problem() -> str | None:
    """Why this machine cannot run the services without containers, in a line; None if it can."""
    try:
        return Stack(load()).problem()
    except ServicesError as error:
        return str(error)


class _Group(click.Group):
    """What goes wrong with a service is the machine's fault, not the code's: one line, exit code 2."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ServicesError as error:
            click.echo(f"weir services: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Group)
def services() -> None:
    """Kafka, Redis and Elasticsearch on this machine, without containers.

    Settings are environment variables: WEIR_LOCAL_DATA, WEIR_LOCAL_CACHE, WEIR_LOCAL_JAVA_HOME,
    WEIR_LOCAL_KAFKA_PORT, WEIR_LOCAL_KAFKA_HEAP, and alike for Redis and Elasticsearch.
    """


@services.command()
@DATA
def up(data: Path | None) -> None:
    """Start what is not running and wait until it answers."""
    # Told to end half way, it ends what it started, as for an interrupt at the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start_local(data, say=click.echo)


@services.command()
@DATA
@click.option("--purge", is_flag=True, help="Delete the data too.")
def down(data: Path | None, purge: bool) -> None:
    """End what `up` started."""
    ended = Stack(load(data)).down(purge=purge)
    click.echo(f"ended: {', '.join(ended)}" if ended else "nothing was running")


@services.command()
@DATA
@click.pass_context
def status(ctx: click.Context, data: Path | None) -> None:
    """Say how each service is; exit code 1 unless all are running."""
    found = Stack(load(data)).status()
    for one in found:
        pid = str(one.pid) if one.pid is not None else "-"
        click.echo(f"{one.name:<14} {one.state:<9} {pid:>8}  {one.version or '-':<8} {one.address}")
    ctx.exit(0 if all(one.state == "running" for one in found) else 1)


@services.command()
@DATA
@click.option("-n", "--lines", type=click.IntRange(min=1), default=40, show_default=True)
@click.argument("name", type=click.Choice(NAMES), required=False)
def logs(data: Path | None, lines: int, name: str | None) -> None:
    """Show the end of a service's log, or of all, and where it lies."""
    stack = Stack(load(data))
    for one in [name] if name else NAMES:
        path, text = stack.logs(one, lines)
        click.echo(f"==> {path}")
        click.echo("\n".join(text) if text else "(nothing yet)")


@services.command()
@DATA
def env(data: Path | None) -> None:
    """Print the addresses of the running services for a shell: eval "$(weir services env)"."""
    for variable, address in Stack(load(data)).env().items():
        click.echo(f"export {variable}={address}")
