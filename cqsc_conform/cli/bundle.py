"""``bundle``: seal, redact and export what a run left."""

from pathlib import Path

import click

from cqsc_conform.cli.options import language_option, path_argument
from cqsc_conform.cli.say import say


@click.group(name="bundle", help=say("cli.bundle.help"), short_help=say("cli.bundle.short"))
@language_option
def command() -> None:
    """Group what can be done with a bundle."""


@command.command(name="seal", help=say("cli.bundle.seal.help"))
@path_argument("folder")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.bundle_out"))
@language_option
def seal_(folder: Path, out: Path | None) -> int:
    """Seal a run's folder."""
    from cqsc_conform.bundle.seal import seal
    from cqsc_conform.cli.reading import placed

    with placed(folder):
        click.echo(str(seal(folder, out=out)))
    return 0


@command.command(name="redact", help=say("cli.bundle.redact.help"))
@path_argument("bundle")
@click.argument("parts", nargs=-1, required=True, metavar="EVIDENCE:PART...")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, help=say("cli.opt.bundle_out")
)
@language_option
def redact_(bundle: Path, parts: tuple[str, ...], out: Path) -> int:
    """Take parts of the evidence out; every commitment stays."""
    from cqsc_conform.bundle.redact import redact
    from cqsc_conform.cli.reading import placed

    with placed(bundle):
        done = redact(bundle, out, parts)
    for id_, names in done.removed.items():
        click.echo(say("cli.bundle.redact.removed", id=id_, parts=", ".join(names)), err=True)
    for name in done.still_in:
        click.echo(say("cli.bundle.redact.still_in", name=name), err=True)
    click.echo(str(out))
    return 0


@command.command(name="har", help=say("cli.bundle.har.help"))
@path_argument("bundle")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.bundle_out"))
@language_option
def har(bundle: Path, out: Path | None) -> int:
    """Export HTTP evidence as HAR."""
    from cqsc_conform.bundle.har import to_har
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.cli.reading import placed
    from cqsc_conform.cli.showing import show_bytes

    with placed(bundle), open_bundle(bundle) as opened:
        data = to_har(opened)
    if out is None:
        show_bytes(data)
    else:
        out.write_bytes(data)
    return 0


@command.command(name="pcapng", help=say("cli.bundle.pcapng.help"))
@path_argument("bundle")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.bundle_out"))
@language_option
def pcapng(bundle: Path, out: Path | None) -> int:
    """Export MQTT evidence as pcapng."""
    from cqsc_conform.bundle.disk import replace
    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.bundle.pcapng import to_pcapng
    from cqsc_conform.cli.reading import placed

    with placed(bundle), open_bundle(bundle) as opened:
        if out is None:
            for piece in to_pcapng(opened):
                click.echo(piece, nl=False)
        else:
            replace(out, lambda file: file.writelines(to_pcapng(opened)))
    return 0
