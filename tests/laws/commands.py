"""The command line as a user in each language meets it."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from laws.repository import ROOT

WALK = """
import json, sys
import click
from cqsc_conform.cli.app import COMMANDS, _help_texts, build

def told(command):
    options = {each.opts[0]: each.help for each in command.params if isinstance(each, click.Option)}
    flags = {name: [each.is_flag, each.required, each.nargs]
             for each in command.params if isinstance(each, click.Option)
             for name in (*each.opts, *each.secondary_opts)}
    places = [[each.name, each.required, each.nargs]
              for each in command.params if isinstance(each, click.Argument)]
    return {"help": command.help, "options": options, "flags": flags, "places": places,
            "group": isinstance(command, click.Group)}

def walk(command, path, out):
    out[" ".join(path)] = told(command)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), (*path, name), out)

top, out = build(), {}
_help_texts(top)
walk(top, (), out)
json.dump(out, sys.stdout)
"""

LOADED = """
import json, sys
sys.argv[0] = "cqsc-conform"
from cqsc_conform.cli import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
print()
print(json.dumps({"code": code or 0, "modules": sorted(sys.modules)}))
"""


def python(program: str, *words: str, lang: str = "en") -> str:
    """Run a program of one text in a process of its own; gives its standard output."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "CQSC_LANG": lang, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        timeout=60,
    )
    return done.stdout.decode()


@cache
def commands(lang: str) -> dict[str, dict[str, Any]]:
    """Every command by its path (``bundle seal``): help, options, flags, arguments."""
    found: dict[str, dict[str, Any]] = json.loads(python(WALK, lang=lang))
    return found


def loaded_by(*words: str) -> set[str]:
    """Names of the modules that a command line loads."""
    said = json.loads(python(LOADED, *words).splitlines()[-1])
    assert said["code"] == 0
    return set(said["modules"])
