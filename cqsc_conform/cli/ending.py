"""How commands end: exit codes (design section 4), and words for whatever went wrong."""

import errno
import json
import signal
from pathlib import Path
from types import FrameType, TracebackType

import click

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import LANGS, Args, Lang
from cqsc_conform.reports.messages import Messages

CANCELLED, USAGE, UNVERIFIED, NON_CONFORMANT, UNREACHABLE, INCONCLUSIVE, DONE = (
    130, 2, 5, 1, 4, 3, 0,
)  # fmt: skip

# The machine could not hold what was to be written: nothing was wrong with the command.
_MACHINE = frozenset({"bundle.disk_full", "cli.disk_full", "cli.system"})
# Of a bundle, and yet nothing that a verification found.
_UNUSABLE = frozenset({"bundle.in_use", "bundle.not_writable"})


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
    if error.code in _MACHINE:
        return UNREACHABLE
    if error.code.startswith(("trust.", "recognition.", "declare.")):
        return UNVERIFIED
    if error.code.startswith("bundle.") and error.code not in _UNUSABLE:
        return UNVERIFIED
    return USAGE if error.blame in {Blame.YOU, Blame.PROFILE} else UNREACHABLE


def guarded(group: click.Group, words: list[str], lang: Lang) -> int:
    """Run a command; nothing that goes wrong shows a traceback."""
    as_json = "--json" in words
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        result = group.main(words, prog_name="cqsc-conform", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message(), err=True)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo(Messages(lang).sentence("cli.cancelled"), err=True)
        return CANCELLED
    except Exception as trouble:  # noqa: BLE001 - whatever it is, a user reads words
        return tell(_in_our_words(trouble), lang, as_json=as_json)
    return result if isinstance(result, int) else DONE


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End by SIGTERM as by Ctrl-C: with a footer and a readable report."""
    del number, frame
    raise KeyboardInterrupt


def _in_our_words(trouble: Exception) -> KitError:
    if isinstance(trouble, KitError):
        return trouble
    if isinstance(trouble, click.ClickException):
        return KitError("cli.usage", fault=_joined(trouble.format_message()))
    if isinstance(trouble, OSError):
        return _of_system(trouble)
    fault = f"{type(trouble).__name__}: {trouble}"
    return KitError("cli.crashed", Blame.KIT, where=_place(trouble.__traceback__), fault=fault)


def _joined(said: str) -> str:
    """Put click's sentences together, with the full stop of their language."""
    said = said.strip().replace("。 ", "。").rstrip(".")
    if said.endswith(("。", "?", "？")):
        return said
    return said + ("." if said.isascii() else "。")


def _place(trace: TracebackType | None) -> str:
    """Name the innermost line of the kit itself, for whoever mends it."""
    package = Path(__file__).parent.parent
    place = ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(package):
            place = f"{path.relative_to(package.parent)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


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
        errno.EISDIR: "cli.is_a_folder",
        errno.ENOTDIR: "cli.not_a_folder",
        errno.EEXIST: "cli.not_a_folder",
    }.get(trouble.errno or 0, "cli.system")
    fault = trouble.strerror or type(trouble).__name__
    return KitError(code, where=named, fault=fault)


def tell(error: KitError, lang: Lang, *, as_json: bool) -> int:
    """Say what happened, where, whose fault it is and what to do next."""
    code = code_of_error(error)
    if as_json:
        click.echo(json.dumps({"error": _for_programs(error), "exit": code}, ensure_ascii=True))
        return code
    messages = Messages(lang)
    words = messages.error(error)
    where = f"{words.where}{messages.sentence('report.colon')}" if words.where else ""
    lines = [f"{where}{words.what}"]
    for problem in error.problems:
        said_of = messages.sentence(problem.code, dict(problem.args))
        place = f"{problem.where}{messages.sentence('report.colon')}" if problem.where else ""
        lines.append(f"  {place}{said_of}")
    for line in (*lines, words.whose, words.next):
        if line:
            click.echo(line, err=True)
    return code


def _for_programs(error: KitError) -> dict[str, object]:
    """Give an error as ``--json`` shows it."""
    return {
        "code": error.code,
        "blame": error.blame.value,
        "where": error.where,
        **_in_both(error.code, dict(error.args_)),
        "next": _in_both(f"{error.code}.next", dict(error.args_)),
        "problems": [
            {
                "code": each.code,
                "where": each.where,
                "args": each.args,
                **_in_both(each.code, dict(each.args)),
            }
            for each in error.problems
        ],
    }


def _in_both(code: str, args: Args) -> dict[str, str]:
    said = {lang: Messages(lang) for lang in LANGS}
    return {
        str(lang): messages.sentence(code, args) if messages.has(code) else ""
        for lang, messages in said.items()
    }
