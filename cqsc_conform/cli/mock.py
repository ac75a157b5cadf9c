"""``mock``: serve a reference target, conforming or wrong in one respect."""

import subprocess

import click

from cqsc_conform.cli.options import language_option
from cqsc_conform.cli.say import say


@click.group(name="mock", help=say("cli.mock.help"), short_help=say("cli.mock.short"))
@language_option
def command() -> None:
    """Group the reference targets."""


@command.command(name="api", help=say("cli.mock.api.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@click.option(
    "--listen",
    default="127.0.0.1:8080",
    show_default=True,
    metavar="ADDR:PORT",
    help=say("cli.opt.listen"),
)
@click.option("--second", is_flag=True, help=say("cli.opt.second"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@language_option
def api(mutant: str | None, listen: str, second: bool, listing: bool) -> int:
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import api_command, show_mutants

    if listing:
        return show_mutants("api")
    return _run(api_command(mutant, listen, second=second), say("cli.mock.serving", address=listen))


@command.command(name="core", help=say("cli.mock.core.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@click.option(
    "--listen",
    default="127.0.0.1:8080",
    show_default=True,
    metavar="ADDR:PORT",
    help=say("cli.opt.listen"),
)
@click.option("--second", is_flag=True, help=say("cli.opt.second_core"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@language_option
def core(mutant: str | None, listen: str, second: bool, listing: bool) -> int:
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import core_command, show_mutants

    if listing:
        return show_mutants("core")
    command_line = core_command(mutant, listen, second=second)
    return _run(command_line, say("cli.mock.serving", address=listen))


@command.command(name="exchange", help=say("cli.mock.exchange.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@click.option(
    "--listen",
    default="127.0.0.1:8080",
    show_default=True,
    metavar="ADDR:PORT",
    help=say("cli.opt.listen"),
)
@click.option("--second", is_flag=True, help=say("cli.opt.second_exchange"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@language_option
def exchange(mutant: str | None, listen: str, second: bool, listing: bool) -> int:
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import exchange_command, show_mutants

    if listing:
        return show_mutants("exchange")
    command_line = exchange_command(mutant, listen, second=second)
    return _run(command_line, say("cli.mock.serving", address=listen))


@command.command(name="data", help=say("cli.mock.data.help"))
@click.option(
    "--listen",
    default="127.0.0.1:8080",
    show_default=True,
    metavar="ADDR:PORT",
    help=say("cli.opt.listen"),
)
@language_option
def data(listen: str) -> int:
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import data_command

    return _run(data_command(listen), say("cli.mock.serving", address=listen))


@command.command(name="device", help=say("cli.mock.device.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@click.option(
    "--connect",
    default="mqtt://127.0.0.1:1883",
    show_default=True,
    metavar="URL",
    help=say("cli.opt.connect"),
)
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help=say("cli.opt.device_scale")
)
@click.option("--second", is_flag=True, help=say("cli.opt.second_device"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@language_option
def device(mutant: str | None, connect: str, scale: float, second: bool, listing: bool) -> int:
    """Connect until it is stopped."""
    from cqsc_conform.cli.references import device_command, show_mutants

    if listing:
        return show_mutants("device")
    command_line = device_command(mutant, connect, scale, second=second)
    return _run(command_line, say("cli.mock.connecting", url=connect))


def _run(command_line: list[str], said: str) -> int:
    process = subprocess.Popen(command_line)  # noqa: S603 - our own
    click.echo(said, err=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0
