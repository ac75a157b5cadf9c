"""``verify``: show offline that a bundle is whole, signed, trusted and judged rightly."""

from pathlib import Path

import click

from cqsc_conform.cli.options import json_option, language_option
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import state_option


@click.command(name="verify", help=say("cli.verify.help"), short_help=say("cli.verify.short"))
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@click.option("--trust", type=click.Path(path_type=Path), metavar="LIST", help=say("cli.opt.trust"))
@click.option("--pin", "pins", multiple=True, metavar="KEYID", help=say("cli.opt.pin"))
@state_option
@click.option(
    "--export-verifier",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("cli.opt.export_verifier"),
)
@click.option(
    "--export-result", type=click.Path(path_type=Path), metavar="FILE",
    help=say("cli.opt.export_result"),
)  # fmt: skip
@json_option
@language_option
def command(
    bundle: Path | None,
    trust: Path | None,
    pins: tuple[str, ...],
    state: Path | None,
    export_verifier: Path | None,
    export_result: Path | None,
    as_json: bool,
) -> int:
    """Verify; what fails is told in its own words, with exit code 5."""
    from cqsc_conform.cli.verify_command import export_script, verify_one
    from cqsc_conform.errors import KitError

    if export_verifier is not None:
        export_script(export_verifier)
        click.echo(str(export_verifier))
        if bundle is None:
            return 0
    if bundle is None:
        raise KitError("cli.usage", fault=say("cli.verify.nothing"))
    verify_one(bundle, trust, pins, state, export_result, as_json=as_json)
    return 0
