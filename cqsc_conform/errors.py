"""Every error that a user meets: a code with arguments, a place, a blame, and what to do next.

The sentences live in the gettext catalogues; the code's area names the catalogue.  Each code
has a twin ``<code>.next`` that says what to do.
"""

from msgspec import Struct

from cqsc_conform.model.outcome import Blame

__all__ = ["Blame", "KitError", "ProbeFailed", "Problem"]


class Problem(Struct, frozen=True):
    """One of several things that are wrong with a file, rendered like an error of its own."""

    code: str
    where: str
    args: dict[str, str] = {}

    def __str__(self) -> str:
        """Give a terse form for logs; users read the rendered sentence."""
        return f"{self.where}: {self.code}{_said(self.args)}"


def _said(args: dict[str, str]) -> str:
    return f"({', '.join(f'{name}={value}' for name, value in args.items())})"


class KitError(Exception):
    """Stops a command, naming what happened, where, whose fault it is.

    ``problems`` lists everything that is wrong where one file has many faults.
    """

    def __init__(
        self,
        code: str,
        blame: Blame = Blame.YOU,
        *,
        where: str = "",
        problems: tuple[Problem, ...] = (),
        **args: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.blame = blame
        self.where = where
        self.problems = problems
        self.args_ = {name: str(value) for name, value in args.items()}

    def __str__(self) -> str:
        """Give a terse form for logs; users read the rendered sentence."""
        first = f"{self.where + ': ' if self.where else ''}{self.code}{_said(self.args_)}"
        return "\n  ".join([first, *map(str, self.problems)])


class ProbeFailed(Exception):  # noqa: N818 - it is an event of observing, named in the past
    """Says that a step could not look; the engine turns it into evidence, never a verdict."""

    def __init__(self, code: str, blame: Blame, **args: object) -> None:
        super().__init__(code)
        self.code = code
        self.blame = blame
        self.args_ = {name: str(value) for name, value in args.items()}
