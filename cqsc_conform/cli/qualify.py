"""``qualify``: the lab's confirmation of the software on its own machine (软件确认记录)."""

from functools import partial
from pathlib import Path

import click

from cqsc_conform.cli.options import fresh_folder, json_option, language_option, profile_option
from cqsc_conform.cli.say import say


@click.command(name="qualify", help=say("cli.qualify.help"), short_help=say("cli.qualify.short"))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("qualification"),
    show_default=True,
    help=say("cli.opt.qualify_out"),
)
@partial(profile_option, code="cli.opt.qualify_profile")
@click.option("--all", "every", is_flag=True, help=say("cli.opt.qualify_all"))
@click.option("--names", is_flag=True, help=say("cli.opt.qualify_names"))
@json_option
@language_option
def command(out: Path, profiles: tuple[str, ...], every: bool, names: bool, as_json: bool) -> int:
    """Confirm; exits 0 iff the demo conforms and every mutant is killed."""
    from cqsc_conform.cli.ending import DONE, NON_CONFORMANT
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.qualifying import qualify
    from cqsc_conform.cli.showing import console_width, show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.qualification import qualification_page

    folder = fresh_folder(out)
    record = qualify(folder, profiles, every=every, names=names)
    if as_json:
        show_bytes(encode_readable(record))
    else:
        for line in qualification_page(record, spoken(), console_width()).lines:
            show(line)
    click.echo(say("cli.qualify.written", folder=str(folder)), err=True)
    return DONE if record.qualified else NON_CONFORMANT
