"""``demo``: all on loopback: a reference API, a run against it, a report to open."""

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
    from cqsc_conform.cli.references import running_api, write_target
    from cqsc_conform.cli.running import DEFAULT_FORMATS, run_one
    from cqsc_conform.cli.showing import show_report
    from cqsc_conform.engine.settle import Choices

    folder = fresh_folder(out)
    with tempfile.TemporaryDirectory(prefix="cqsc-demo-") as place, running_api(mutant) as url:
        click.echo(say("cli.demo.serving", url=url), err=True)
        setup = prepare(write_target(Path(place), url), ["di-catalog"], Choices(level=2))
        report = run_one(setup, folder, DEFAULT_FORMATS)
    show_report(report, as_json=as_json)
    click.echo(say("cli.demo.open", path=str(folder / "report.html")), err=True)
    return code_of(report)
