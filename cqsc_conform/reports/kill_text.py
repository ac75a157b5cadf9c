"""The kill matrix for a console: whether every requirement can fail, then what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.sheet import Sheet


class Row(Protocol):
    """What the requirements said of one mutant."""

    @property
    def mutant(self) -> str:
        """The mutant's id."""

    @property
    def kills(self) -> str:
        """The requirement that it must fail."""

    @property
    def killed(self) -> bool:
        """Whether that requirement failed."""

    @property
    def collateral(self) -> Sequence[str]:
        """Requirements that changed too and were not declared."""


class Matrix(Protocol):
    """The kill matrix, as far as a page shows it."""

    @property
    def profile(self) -> str:
        """The profile's id."""

    @property
    def version(self) -> str:
        """The profile's version."""

    @property
    def requirements(self) -> Sequence[str]:
        """Requirements that have a check."""

    @property
    def killed(self) -> int:
        """How many mutants were killed."""

    @property
    def unarmed(self) -> Sequence[str]:
        """Requirements without a mutant."""

    @property
    def twins(self) -> Sequence[Sequence[str]]:
        """Requirements that no mutant tells apart."""

    @property
    def unfit(self) -> Mapping[str, Outcome]:
        """What the reference itself does not pass."""

    @property
    def matrix(self) -> Sequence[Row]:
        """A row for each mutant."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""


class KillPage:
    """Lets rich print a kill matrix as wide as its console, in what that console can encode."""

    def __init__(self, matrix: Matrix, lang: Lang) -> None:
        self.matrix = matrix
        self.lang: Lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        yield Group(*kill_page(self.matrix, self.lang, options.max_width, console.encoding).lines)


def kill_page(matrix: Matrix, lang: Lang, width: int, encoding: str = "utf-8") -> Sheet:
    """Lay a kill matrix out."""
    sheet = Sheet(lang, width, encoding)
    label = "kill_whole" if matrix.whole else "kill_not_whole"
    sheet.put(
        sheet.say(label, profile=f"{matrix.profile} {matrix.version}"),
        style="bold blue" if matrix.whole else "bold red",
    )
    sheet.put(
        sheet.say(
            "kill_counts",
            killed=matrix.killed,
            mutants=len(matrix.matrix),
            requirements=len(matrix.requirements),
        ),
        indent=2,
    )
    _part(sheet, "survivors", [(row.mutant, row.kills) for row in matrix.matrix if not row.killed])
    comma = sheet.say("comma")
    _part(
        sheet,
        "collateral",
        [(row.mutant, comma.join(row.collateral)) for row in matrix.matrix if row.collateral],
    )
    _part(sheet, "unarmed", [(each, "") for each in matrix.unarmed])
    _part(sheet, "twins", [(comma.join(each), "") for each in matrix.twins])
    _part(
        sheet,
        "unfit",
        [(id_, sheet.say(f"outcome.{outcome}")) for id_, outcome in matrix.unfit.items()],
    )
    return sheet


def _part(sheet: Sheet, label: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    sheet.heading(sheet.say(label, number=len(rows)))
    sheet.pairs([(sheet.show(name), sheet.show(value)) for name, value in rows])
