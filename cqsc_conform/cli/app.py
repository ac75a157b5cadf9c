"""The group of commands: each is imported only when it is called."""

import sys
from importlib import import_module

import click

from cqsc_conform import __version__
from cqsc_conform.cli.lang import spoken

COMMANDS = {
    "demo": "demo",
    "profiles": "profiles",
    "target": "target",
    "plan": "plan",
    "run": "run",
    "judge": "judge",
    "report": "report",
    "compare": "compare",
    "mock": "mock",
    "bundle": "bundle",
    "keys": "keys",
    "endorse": "endorse",
    "declare": "declare",
    "verify": "verify",
    "trust": "trust",
    "log": "log",
    "recognize": "recognize",
    "qualify": "qualify",
    "release": "release",
}


class Lazy(click.Group):
    """A group that imports a command when it is asked for, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cqsc_conform.cli.{COMMANDS[cmd_name]}")
        from cqsc_conform.cli.helping import dressed

        command: click.Command = module.command
        return dressed(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List commands with their short help, without importing any."""
        from cqsc_conform.cli.say import say

        with formatter.section(say("cli.commands")):
            formatter.write_dl([(name, say(f"cli.{name}.short")) for name in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; for a name nobody knows, say the nearest."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from cqsc_conform.cli.say import unknown_command

            raise unknown_command(args[0], list(COMMANDS))
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"cqsc-conform {__version__}")
        ctx.exit()


def build() -> click.Group:
    """Build the top command in the language spoken."""
    params: list[click.Parameter] = [
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version
        ),
        click.Option(["--lang"], type=click.Choice(["zh", "en"]), expose_value=False),
    ]
    return Lazy(name="cqsc-conform", params=params, no_args_is_help=True)


def _help_texts(group: click.Group) -> None:
    """Give the top command its texts, which cost a message catalogue, only where they show."""
    from cqsc_conform.cli.say import say

    group.help = say("cli.about")
    texts = {"version": "cli.opt.version", "lang": "cli.opt.lang"}
    for option in group.params:
        if isinstance(option, click.Option) and option.name in texts:
            option.help = say(texts[option.name])


def run() -> None:
    """Run, and turn whatever ends a command into its exit code and words."""
    group = build()
    words = sys.argv[1:]
    if "--version" not in words[:1]:
        from cqsc_conform.cli.console import steady
        from cqsc_conform.cli.ending import guarded
        from cqsc_conform.cli.helping import dressed, speak_click

        steady()
        speak_click()
        _help_texts(group)
        dressed(group)
        sys.exit(guarded(group, words, spoken()))
    group.main(words, prog_name="cqsc-conform")
