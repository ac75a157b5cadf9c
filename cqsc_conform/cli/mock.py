"""``mock``: serve a reference target, conforming or wrong in one respect, or blindly either."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from cqsc_conform.cli.options import json_option, language_option
from cqsc_conform.cli.say import say


@click.group(name="mock", help=say("cli.mock.help"), short_help=say("cli.mock.short"))
@language_option
def command() -> None:
    """Group the reference targets."""


def _blind_options(made: Callable[..., Any]) -> Callable[..., Any]:
    """Take the seed of blind rounds, and which of them to serve."""
    for option in (
        click.option(
            "--round", "first", type=click.IntRange(1, 1000), metavar="N", help=say("cli.opt.round")
        ),
        click.option(
            "--rounds", type=click.IntRange(1, 1000), metavar="N", help=say("cli.opt.rounds")
        ),
        click.option("--blind", metavar="SEED", help=say("cli.opt.blind")),
    ):
        made = option(made)
    return made


def _listen_option(place: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take the address that a reference listens at."""
    return click.option(
        "--listen", default=place, show_default=True, metavar="ADDR:PORT",
        help=say("cli.opt.listen"),
    )  # fmt: skip


@command.command(name="api", help=say("cli.mock.api.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@_listen_option("127.0.0.1:8080")
@click.option("--second", is_flag=True, help=say("cli.opt.second"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@_blind_options
@language_option
def api(mutant: str | None, listen: str, second: bool, listing: bool, **blind: Any) -> int:  # noqa: ANN401 - options of blind rounds
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import api_command, show_mutants

    if _is_blind(blind, mutant, second, listing):
        return _serve_blind("api", blind, api_command(None, listen))
    if listing:
        return show_mutants("api")
    return _run(api_command(mutant, listen, second=second), say("cli.mock.serving", address=listen))


def _add_serving(area: str) -> None:
    """Add the command that serves an area's reference, or its second one, or a mutant."""

    @command.command(name=area, help=say(f"cli.mock.{area}.help"))
    @click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
    @_listen_option("127.0.0.1:8080")
    @click.option("--second", is_flag=True, help=say(f"cli.opt.second_{area}"))
    @click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
    @language_option
    def serve(mutant: str | None, listen: str, second: bool, listing: bool) -> int:
        """Serve until it is stopped."""
        from cqsc_conform.cli.references import SERVING, show_mutants

        if listing:
            return show_mutants(area)
        command_line = SERVING[area](mutant, listen, second=second)
        return _run(command_line, say("cli.mock.serving", address=listen))


for _area in ("core", "exchange", "events"):
    _add_serving(_area)


@command.command(name="data", help=say("cli.mock.data.help"))
@_listen_option("127.0.0.1:8080")
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
@_blind_options
@language_option
def device(
    mutant: str | None,
    connect: str,
    scale: float,
    second: bool,
    listing: bool,
    **blind: Any,  # noqa: ANN401 - options of blind rounds
) -> int:
    """Connect until it is stopped."""
    from cqsc_conform.cli.references import device_command, show_mutants

    if _is_blind(blind, mutant, second, listing):
        return _serve_blind("device", blind, device_command(None, connect, scale))
    if listing:
        return show_mutants("device")
    command_line = device_command(mutant, connect, scale, second=second)
    return _run(command_line, say("cli.mock.connecting", url=connect))


@command.command(name="tls", help=say("cli.mock.tls.help"))
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant_tls"))
@_listen_option("127.0.0.1:8443")
@click.option("--folder", type=click.Path(path_type=Path), help=say("cli.opt.mock_folder"))
@click.option("--second", is_flag=True, help=say("cli.opt.second_tls"))
@click.option("--list", "listing", is_flag=True, help=say("cli.opt.mutants"))
@_blind_options
@language_option
def tls(
    mutant: str | None,
    listen: str,
    folder: Path | None,
    second: bool,
    listing: bool,
    **blind: Any,  # noqa: ANN401 - options of blind rounds
) -> int:
    """Serve until it is stopped."""
    from cqsc_conform.cli.references import show_mutants, tls_command

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    if _is_blind(blind, mutant, second, listing):
        return _serve_blind("tls", blind, tls_command(None, listen, folder))
    if listing:
        return show_mutants("tls")
    command_line = tls_command(mutant, listen, folder, second=second)
    return _run(command_line, say("cli.mock.serving", address=listen))


@command.command(name="score", help=say("cli.mock.score.help"))
@click.argument("seed")
@click.argument("findings", type=click.Path(path_type=Path), nargs=-1, required=True)
@json_option
@language_option
def score(seed: str, findings: tuple[Path, ...], as_json: bool) -> int:
    """Score; exits 0 iff every laboratory found everything and nothing besides."""
    from cqsc_conform.cli.blind import read_seed, score_files
    from cqsc_conform.cli.blind_text import score_lines
    from cqsc_conform.cli.ending import DONE, NON_CONFORMANT
    from cqsc_conform.cli.showing import show_bytes
    from cqsc_conform.model.codec import encode_readable

    found = score_files(read_seed(seed), findings)
    if as_json:
        show_bytes(encode_readable(found))
    for line in () if as_json else score_lines(found):
        click.echo(line)
    return DONE if all(each.faultless for each in found.labs) else NON_CONFORMANT


def _is_blind(blind: dict[str, Any], *others: object) -> bool:
    """Tell whether rounds are blind; the seed alone chooses what is served."""
    from cqsc_conform.errors import KitError

    if blind["blind"] is None:
        if blind["rounds"] is not None or blind["first"] is not None:
            raise KitError("cli.usage", fault=say("cli.blind_alone"))
        return False
    if any(others):
        raise KitError("cli.usage", fault=say("cli.blind_or_mutant"))
    return True


def _serve_blind(area: str, blind: dict[str, Any], command_line: Sequence[str]) -> int:
    from cqsc_conform.cli.blind import read_seed, serve_blind

    seed = read_seed(blind["blind"])
    return serve_blind(area, seed, blind["first"] or 1, blind["rounds"] or 1, command_line)


def _run(command_line: list[str], said: str) -> int:
    process = subprocess.Popen(command_line)  # noqa: S603 - our own
    click.echo(said, err=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0
