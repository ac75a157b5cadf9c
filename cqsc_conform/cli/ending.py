"""How commands end: exit codes (design section 4), and words for whatever went wrong."""

import errno
import json
import os
import sys

import click

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.reports.messages import Messages

CANCELLED, USAGE, UNVERIFIED, NON_CONFORMANT, UNREACHABLE, INCONCLUSIVE, DONE = (
    130, 2, 5, 1, 4, 3, 0,
)  # fmt: skip


def code_of(report: Report) -> int:
    """Give the exit code of a report."""
    if report.run.how == "cancelled":
        return CANCELLED
    if report.conclusion is Conclusion.NON_CONFORMANT:
        return NON_CONFORMANT
    if report.conclusion is Conclusion.CONFORMANT:
        return DONE
    troubled = any(row.binding and row.outcome is Outcome.ERROR for row in report.requirements)
    return UNREACHABLE if troubled else INCONCLUSIVE


def code_of_error(error: KitError) -> int:
    """Give the exit code of an error."""
    if error.code.startswith("bundle."):
        return UNVERIFIED
    return USAGE if error.blame in {Blame.YOU, Blame.PROFILE} else UNREACHABLE


def guarded(group: click.Group, words: list[str], lang: Lang) -> int:
    """Run a command; nothing that goes wrong shows a traceback."""
    as_json = "--json" in words
    try:
        result = group.main(words, prog_name="cqsc-conform", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message(), err=True)
        return USAGE
    except (KitError, click.ClickException, OSError) as trouble:
        return _told(trouble, lang, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo(Messages(lang).sentence("cli.cancelled", {}), err=True)
        return CANCELLED
    return result if isinstance(result, int) else DONE


def _told(trouble: KitError | click.ClickException | OSError, lang: Lang, *, as_json: bool) -> int:
    if isinstance(trouble, BrokenPipeError):
        # Who read our output went away; nothing is left to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(trouble, click.ClickException):
        trouble = KitError("cli.usage", fault=trouble.format_message())
    elif isinstance(trouble, OSError):
        trouble = _of_system(trouble)
    return tell(trouble, lang, as_json=as_json)


def _of_system(trouble: OSError) -> KitError:
    named = str(trouble.filename or "")
    code = {
        errno.ENOSPC: "cli.disk_full",
        errno.EDQUOT: "cli.disk_full",
        errno.EFBIG: "cli.disk_full",
        errno.EACCES: "cli.no_permission",
        errno.EPERM: "cli.no_permission",
        errno.EROFS: "cli.no_permission",
        errno.ENOENT: "cli.no_such_file",
    }.get(trouble.errno or 0, "cli.system")
    fault = trouble.strerror or type(trouble).__name__
    return KitError(code, where=named, path=named, fault=fault)


def tell(error: KitError, lang: Lang, *, as_json: bool) -> int:
    """Say what happened, where, whose fault it is and what to do next."""
    code = code_of_error(error)
    if as_json:
        said = {str(each): Messages(each).error(error).what for each in LANGS}
        shown: dict[str, object] = {
            "error": {
                "code": error.code,
                "blame": error.blame.value,
                "where": error.where,
                "problems": [
                    {"code": each.code, "where": each.where, "args": each.args}
                    for each in error.problems
                ],
                **said,
            },
            "exit": code,
        }
        click.echo(json.dumps(shown, ensure_ascii=True))
        return code
    words = Messages(lang).error(error)
    where = f"{words.where}: " if words.where else ""
    for line in (f"{where}{words.what}", words.whose, words.next):
        if line:
            click.echo(line, err=True)
    for problem in error.problems:
        said_of = Messages(lang).sentence(problem.code, dict(problem.args))
        click.echo(f"  {problem.where}: {said_of}", err=True)
    return code
