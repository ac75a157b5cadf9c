"""``recognize``: decide by proof whether a report of another region is accepted in this one."""

from pathlib import Path

import click

from cqsc_conform.cli.options import fresh_folder, json_option, language_option, out_option
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import key_options, state_option


@click.command(
    name="recognize", help=say("cli.recognize.help"), short_help=say("cli.recognize.short")
)
@click.argument("bundles", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "-r", "--region", required=True, metavar="REGION", help=say("cli.opt.recognize_region")
)
@click.option(
    "--trust", type=click.Path(path_type=Path), metavar="LIST", required=True,
    help=say("cli.opt.trust"),
)  # fmt: skip
@click.option("--pin", "pins", multiple=True, metavar="KEYID", help=say("cli.opt.pin"))
@state_option
@click.option(
    "--level", type=click.IntRange(1, 3), metavar="N", help=say("cli.opt.recognize_level")
)
@click.option("--date", "day", metavar="YYYY-MM-DD", help=say("cli.opt.date"))
@click.option("--number", metavar="TEXT", default="", help=say("cli.opt.recognize_number"))
@key_options(required=False)
@out_option("cli.opt.recognize_out")
@json_option
@language_option
def command(
    bundles: tuple[Path, ...],
    region: str,
    trust: Path,
    pins: tuple[str, ...],
    state: Path | None,
    level: int | None,
    day: str | None,
    number: str,
    key_files: tuple[Path, ...],
    passphrases: tuple[str, ...],
    out: Path,
    as_json: bool,
) -> int:
    """Recognise; the exit code is the conclusion."""
    from cqsc_conform.cli.ending import DONE, INCONCLUSIVE, NON_CONFORMANT
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.papers import write_opinion
    from cqsc_conform.cli.recognizing import Asked, recognize_bundles
    from cqsc_conform.cli.recognizing_text import lines
    from cqsc_conform.cli.signing import admitted, load_keys
    from cqsc_conform.cli.world import SystemClock
    from cqsc_conform.model.codec import encode_readable

    now = SystemClock().now()
    keys = load_keys(key_files, passphrases) if key_files else ()
    listed = admitted(trust, state, now, pins)
    asked = Asked(region=region.upper(), level=level, day=day, number=number)
    found = recognize_bundles(bundles, asked, listed, now, keys, lambda: fresh_folder(out))
    write_opinion(out, spoken())
    if as_json:
        click.echo(encode_readable(found).decode(), nl=False)
    else:
        for line in lines(found, out):
            click.echo(line)
    return {
        "recognised": DONE,
        "recognised_after_tests": INCONCLUSIVE,
        "not_recognised": NON_CONFORMANT,
    }[found.conclusion]
