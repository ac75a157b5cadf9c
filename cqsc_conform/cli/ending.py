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
    try:
        result = group.main(words, prog_name="cqsc-conform", standalone_mode=False)
    except KitError as error:
        return tell(error, lang, as_json="--json" in words)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message(), err=True)
        return USAGE
    except click.ClickException as usage:
        return tell(
            KitError("cli.usage", fault=usage.format_message()), lang, as_json="--json" in words
        )
    except (KeyboardInterrupt, click.Abort):
        click.echo(Messages(lang).sentence("cli.cancelled", {}), err=True)
        return CANCELLED
    except BrokenPipeError:
        # Who read our output went away; nothing is left to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as trouble:
        return tell(_of_system(trouble), lang, as_json="--json" in words)
    return result if isinstance(result, int) else DONE


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
        said = {each: Messages(each).error(error).what for each in LANGS}
        shown = {
            "error": {"code": error.code, "blame": error.blame.value, "where": error.where, **said},
            "exit": code,
        }
        click.echo(json.dumps(shown, ensure_ascii=True))
        return code
    words = Messages(lang).error(error)
    where = f"{words.where}: " if words.where else ""
    for line in (f"{where}{words.what}", words.whose, words.next):
        if line:
            click.echo(line, err=True)
    for problem in getattr(error, "problems", ()):
        click.echo(f"  {problem}", err=True)
    return code
