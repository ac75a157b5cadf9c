"""``profiles``: show what the library holds."""

import click

from cqsc_conform.cli.options import json_option, language_option
from cqsc_conform.cli.say import say


@click.group(
    name="profiles",
    help=say("cli.profiles.help"),
    short_help=say("cli.profiles.short"),
    invoke_without_command=True,
)
@json_option
@language_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int | None:
    """List the profiles where no other command is given."""
    if ctx.invoked_subcommand is not None:
        return None
    return _list(as_json)


@command.command(name="list", help=say("cli.profiles.list.help"))
@json_option
@language_option
def list_(as_json: bool) -> int:
    """List the profiles."""
    return _list(as_json)


@command.command(name="show", help=say("cli.profiles.show.help"))
@click.argument("name")
@json_option
@language_option
def show_(name: str, as_json: bool) -> int:
    """Show one profile with its requirements."""
    from cqsc_conform.cli.describing import described, library
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.profiles_text import ProfilePage

    shelf = library()
    profile = shelf.profile(name)
    if as_json:
        show_bytes(encode_readable(described(shelf, profile)))
    else:
        show(ProfilePage(profile, spoken()))
    return 0


@command.command(name="export", help=say("cli.profiles.export.help"))
@click.argument("name")
@language_option
def export(name: str) -> int:
    """Write the effective profile as JSON to standard output."""
    from cqsc_conform.cli.describing import library
    from cqsc_conform.cli.showing import show_bytes
    from cqsc_conform.model.codec import encode_readable

    show_bytes(encode_readable(library().profile(name)))
    return 0


def _list(as_json: bool) -> int:
    from cqsc_conform.cli.describing import described, library
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.profiles_text import ProfilesPage

    shelf = library()
    every = tuple(shelf.profile(name) for name in shelf.ids())
    if as_json:
        show_bytes(encode_readable([described(shelf, profile) for profile in every]))
    else:
        show(ProfilesPage(every, spoken()))
    return 0
