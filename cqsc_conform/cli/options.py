"""Options that several commands share, and what they mean."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cqsc_conform.cli.say import say
from cqsc_conform.errors import KitError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def path_argument(name: str, *, many: bool = False) -> Decorator:
    """Take a path; whether it exists is found by who opens it, in our own words."""
    return click.argument(
        name, type=click.Path(path_type=Path), nargs=-1 if many else 1, required=True
    )


def out_option(code: str, *, required: bool = True) -> Decorator:
    """Take the folder to write to."""
    return click.option(
        "-o", "--out", type=click.Path(path_type=Path), required=required, help=say(code)
    )


def language_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--lang`` after the command's name too; it was read before anything was built."""
    return click.option(
        "--lang", type=click.Choice(["zh", "en"]), expose_value=False, help=say("cli.opt.lang")
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``--json``: machine output on standard output."""
    return click.option("--json", "as_json", is_flag=True, help=say("cli.opt.json"))(command)


def profile_option(
    command: Callable[..., Any], code: str = "cli.opt.profile"
) -> Callable[..., Any]:
    """Take profiles, by id or ``id@version``."""
    return click.option(
        "-p", "--profile", "profiles", multiple=True, metavar="PROFILE[@VERSION]", help=say(code)
    )(command)


def region_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take regions, and the day on which their adoptions are looked at."""
    for option in (
        click.option("--date", "day", metavar="YYYY-MM-DD", help=say("cli.opt.date")),
        click.option(
            "-r", "--region", "regions", multiple=True, metavar="REGION", help=say("cli.opt.region")
        ),
    ):
        command = option(command)
    return command


def _number(
    name: str, kind: "click.ParamType[Any]", default: int, shown: str, code: str
) -> Decorator:
    return click.option(
        name, type=kind, default=default, show_default=True, metavar=shown, help=say(code)
    )


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what a plan depends on."""
    for option in (
        click.option("--include-draft", is_flag=True, help=say("cli.opt.include_draft")),
        click.option(
            "--consent", multiple=True, type=click.Choice(["mutates", "disrupts"]),
            help=say("cli.opt.consent"),
        ),
        _number("--repeat", click.IntRange(1, 100), 1, "N", "cli.opt.repeat"),
        _number("--seed", click.INT, 0, "N", "cli.opt.seed"),
        click.option(
            "--share", type=click.FloatRange(0, 1, min_open=True), metavar="SHARE",
            help=say("cli.opt.share"),
        ),
        click.option("--surveillance", metavar="SEED", help=say("cli.opt.surveillance")),
        click.option("--only", multiple=True, metavar="REQUIREMENT", help=say("cli.opt.only")),
        _number("--level", click.IntRange(1, 3), 1, "1|2|3", "cli.opt.level"),
        click.option(
            "--vantage", type=click.Choice(["peer", "observer"]), help=say("cli.opt.vantage")
        ),
        click.option("--job", type=click.Path(path_type=Path), help=say("cli.opt.job")),
    ):  # fmt: skip
        command = option(command)
    return command


def fresh_folder(folder: Path, *, resume: bool = False) -> Path:
    """Make sure that a run's folder is empty, or holds the run, or runs, to be resumed."""
    begun = any(folder.glob("journal.ndjson")) or any(folder.glob("*/journal.ndjson"))
    if resume and not begun:
        raise KitError("cli.nothing_to_resume", where=str(folder))
    if not resume and folder.exists() and any(folder.iterdir()):
        raise KitError("cli.folder_taken", where=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
