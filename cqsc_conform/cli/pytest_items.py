"""Requirements as pytest items: one run for all of them, beside a vendor's own tests."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.cli.assemble import Setup, prepare
from cqsc_conform.cli.choosing import Wanted
from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.running import run_one
from cqsc_conform.engine.settle import Choices, names_of
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import decode
from cqsc_conform.model.outcome import Modal, Outcome
from cqsc_conform.model.plan import Item
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.reports.details import placed
from cqsc_conform.reports.messages import Messages

_MARKS = {Modal.SHALL: "shall", Modal.SHOULD: "should", Modal.MAY: "may"}
_LEFT_OUT = frozenset({Outcome.SKIPPED, Outcome.UNTESTED, Outcome.NOT_APPLICABLE})
_WAIT_SECONDS = 7200
_REPORT = "report.json"
_TROUBLE = "trouble.txt"


class NotMet(Exception):  # noqa: N818 - it is what pytest shows, not an error of the kit
    """A requirement that a target does not meet, in the words of the report."""


class OneRun:
    """The run that all items share, made when the first of them needs it.

    Several workers share a folder: who makes it runs, the others wait for the report.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._path = Path(str(config.getoption("--cqsc-target")))
        self._profiles: list[str] = config.getoption("--cqsc-profile")
        self._regions: list[str] = config.getoption("--cqsc-region")
        self._level: int = config.getoption("--cqsc-level")
        shared = getattr(config, "workerinput", {}).get("testrunuid")
        kept = config.getoption("--cqsc-out")
        base = Path(tempfile.gettempdir()) / f"cqsc-{shared}" if shared else None
        self._folder = Path(kept) if kept else base or Path(tempfile.mkdtemp(prefix="cqsc-"))
        self.selected: frozenset[str] = frozenset()
        self._report: Report | None = None

    def setup(self, only: frozenset[str] = frozenset()) -> Setup:
        """Plan; sends nothing."""
        wanted = Wanted(profiles=tuple(self._profiles), regions=tuple(self._regions))
        return prepare(self._path, wanted, Choices(level=self._level, only=only))

    def report(self) -> Report:
        """Give the report, running where nobody has yet."""
        if self._report is None:
            self._report = self._made() if self._mine() else self._awaited()
        return self._report

    def _mine(self) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            (self._folder / "begun").mkdir()
        except FileExistsError:
            return False
        return True

    def _made(self) -> Report:
        try:
            return run_one(self.setup(self.selected), self._folder / "run", ())
        except KitError as error:
            words = Messages(spoken()).error(error)
            said = f"{words.what}\n{words.whose}\n{words.next}"
            (self._folder / _TROUBLE).write_text(said, encoding="utf-8")
            raise NotMet(said) from None

    def _awaited(self) -> Report:
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until:
            if (self._folder / _TROUBLE).exists():
                raise NotMet((self._folder / _TROUBLE).read_text(encoding="utf-8"))
            # The sealed bundle comes last: by then the report is whole.
            if (self._folder / "run.cqsc.zip").exists():
                return decode((self._folder / "run" / _REPORT).read_bytes(), Report)
            time.sleep(0.1)
        raise NotMet(str(self._folder))


class RequirementItem(pytest.Item):
    """One requirement."""

    def __init__(self, *, requirement: Item, run: OneRun, **kwargs: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**kwargs)
        self.requirement = requirement
        self.run = run
        for mark in ("cqsc", _MARKS[requirement.modal], f"level{requirement.level}"):
            self.add_marker(mark)

    def runtest(self) -> None:
        """Show what the run came to for this requirement."""
        row = next(
            each
            for each in self.run.report().requirements
            if key_of(each) == key_of(self.requirement)
        )
        if row.outcome in _LEFT_OUT:
            pytest.skip(row.reason.of(spoken()))
        if row.outcome is Outcome.PASS:
            return
        said = _said(row)
        if row.binding and row.modal is Modal.SHALL:
            raise NotMet(said)
        # A finding does not make a target non-conformant, and must not fail its build.
        pytest.xfail(said)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:  # noqa: ANN401 - pytest's own
        """Show the report's words, and no traceback of the kit."""
        if isinstance(excinfo.value, NotMet):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the item by its requirement and title."""
        title = self.requirement.title.of(spoken())
        return self.path, None, f"{placed(self.requirement.region, self.requirement.id)} {title}"


def key_of(each: Item | ReportRow) -> str:
    """Name a requirement by its whole key, without a region by profile and id."""
    return names_of(each.region, each.profile, each.id)[0]


def _said(row: ReportRow) -> str:
    lang = spoken()
    lines = [f"{row.outcome.value}: {row.reason.of(lang)}", row.text.of(lang)]
    lines += [f"{', '.join(row.cites)}"] if row.cites else []
    return "\n".join([*lines, row.hint.of(lang)])


class RequirementCollector(pytest.Collector):
    """Collects the requirements of the plan."""

    run: OneRun

    def collect(self) -> Iterator[RequirementItem]:
        """Give one item for each requirement of the plan."""
        for item in self.run.setup().plan.items:
            name = placed(item.region, item.id)
            yield RequirementItem.from_parent(self, name=name, requirement=item, run=self.run)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the requirements behind the vendor's own tests, before any selection."""
    collector = RequirementCollector.from_parent(session, name="cqsc", path=session.path)
    collector.run = OneRun(config)
    try:
        items += list(collector.collect())
    except KitError as error:
        words = Messages(spoken()).error(error)
        said = f"{words.where}: {words.what} {words.next}"
        raise pytest.UsageError(said) from None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ask only for what was selected."""
    chosen = [each for each in session.items if isinstance(each, RequirementItem)]
    if chosen:
        run = chosen[0].run
        ids = frozenset(key_of(each.requirement) for each in chosen)
        every = {key_of(each) for each in run.setup().plan.items}
        run.selected = frozenset() if ids == every else ids
