"""``profiles``: show what the library holds."""

import click

from cqsc_conform.cli.options import json_option, language_option, region_options
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
@region_options
@json_option
@language_option
def show_(name: str, regions: tuple[str, ...], day: str | None, as_json: bool) -> int:
    """Show one profile with its requirements, or as regions hold it."""
    from cqsc_conform.cli.choosing import Wanted, choose
    from cqsc_conform.cli.describing import described, facts_of, library
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.profiles_text import ProfilePage

    shelf = library()
    chosen = choose(shelf, (name,), Wanted(regions=regions, day=day))
    pages = [
        (profile, chosen.adoptions.get((region, profile.id))) for region, profile in chosen.profiles
    ]
    if as_json:
        told = [described(shelf, *page) for page in pages]
        show_bytes(encode_readable(told if len(told) > 1 else told[0]))
    else:
        for profile, held in pages:
            show(ProfilePage(profile, spoken(), facts_of(shelf, profile, held), held))
    return 0


@command.command(name="export", help=say("cli.profiles.export.help"))
@click.argument("name")
@region_options
@language_option
def export(name: str, regions: tuple[str, ...], day: str | None) -> int:
    """Write the effective profile as JSON to standard output; several regions' as a list."""
    from cqsc_conform.cli.choosing import Wanted, choose
    from cqsc_conform.cli.describing import library
    from cqsc_conform.cli.showing import show_bytes
    from cqsc_conform.model.codec import encode_readable

    chosen = choose(library(), (name,), Wanted(regions=regions, day=day))
    held = [
        chosen.adoptions.get((region, profile.id), profile) for region, profile in chosen.profiles
    ]
    show_bytes(encode_readable(held if len(held) > 1 else held[0]))
    return 0


def _list(as_json: bool) -> int:
    from cqsc_conform.cli.describing import adopters, described, library
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.profiles_text import ProfilesPage

    shelf = library()
    every = tuple(shelf.profile(name) for name in shelf.ids())
    if as_json:
        show_bytes(encode_readable([described(shelf, profile) for profile in every]))
    else:
        held = {name: ", ".join(regions) for name, regions in adopters(shelf).items()}
        show(ProfilesPage(every, spoken(), held))
    return 0
