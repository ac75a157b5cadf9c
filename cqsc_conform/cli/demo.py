"""``demo``: all on loopback: API, TLS endpoint and device, one run, a report to open."""

from pathlib import Path

import click

from cqsc_conform.cli.ending import code_of
from cqsc_conform.cli.options import fresh_folder, json_option, language_option
from cqsc_conform.cli.say import say


@click.command(name="demo", help=say("cli.demo.help"), short_help=say("cli.demo.short"))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    help=say("cli.opt.run_out"),
)
@click.option("--mutant", metavar="ID", help=say("cli.opt.mutant"))
@json_option
@language_option
def command(out: Path, mutant: str | None, as_json: bool) -> int:
    """Run the whole road once."""
    import tempfile

    from cqsc_conform.cli.assemble import prepare
    from cqsc_conform.cli.references import running_system
    from cqsc_conform.cli.running import DEFAULT_FORMATS, run_one
    from cqsc_conform.cli.showing import show_report
    from cqsc_conform.engine.settle import Choices
    from cqsc_conform.model.outcome import Effect

    folder = fresh_folder(out)
    with (
        tempfile.TemporaryDirectory(prefix="cqsc-demo-") as place,
        running_system(Path(place), mutant) as (target, (api, tls, broker)),
    ):
        click.echo(say("cli.demo.api", url=api), err=True)
        click.echo(say("cli.demo.tls", url=tls), err=True)
        click.echo(say("cli.demo.device", url=broker), err=True)
        choices = Choices(level=2, consent=frozenset({Effect.SAFE, Effect.DISRUPTS}))
        report = run_one(prepare(target, [], choices), folder, DEFAULT_FORMATS)
    show_report(report, as_json=as_json)
    click.echo(say("cli.demo.open", path=str(folder / "report.html")), err=True)
    return code_of(report)
