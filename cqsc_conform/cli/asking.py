"""Answers of named persons: read from a file, or asked of whoever sits at the terminal."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from cqsc_conform.catalog.targets import read_answers
from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.drivers.ask import Terminal
from cqsc_conform.engine.settle import nodes_of
from cqsc_conform.errors import KitError
from cqsc_conform.model.answers import Answer
from cqsc_conform.model.ask import QuestionAsk
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import AskPerson
from cqsc_conform.model.world import rfc3339
from cqsc_conform.reports.safe import prose

_MOST = 200


def questions_of(plan: Plan) -> Iterator[AskPerson]:
    """Give what a plan asks of people, in its order."""
    for planned in plan.probes:
        for node in nodes_of(planned.probe.steps):
            if isinstance(node, AskPerson):
                yield node


def answers_for(path: Path | None, plans: Iterable[Plan]) -> Mapping[str, Answer]:
    """Read answers and hold them to what the plans ask, before any packet.

    :raises KitError: ``cli.answer_unasked``, ``cli.answer_words``, and what reading raises.
    """
    if path is None:
        return {}
    given = read_answers(path).answers
    asked: dict[str, frozenset[str]] = {}
    for node in (each for plan in plans for each in questions_of(plan)):
        asked[node.question] = asked.get(node.question, frozenset()) | set(node.answers)
    for name, answer in given.items():
        if name not in asked:
            known = ", ".join(sorted(asked)) or "-"
            raise KitError("cli.answer_unasked", where=str(path), question=name, known=known)
        if answer.answer not in asked[name]:
            known = ", ".join(sorted(asked[name]))
            raise KitError("cli.answer_words", where=str(path), question=name, known=known)
    return given


def terminal() -> Terminal | None:
    """Find somebody to ask: None where nobody sits at a terminal."""
    return _Terminal().ask if sys.stdin.isatty() and sys.stderr.isatty() else None


class _Terminal:
    """Asks who answers once, and offers that person again at the next question."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._role: str | None = None

    def ask(self, ask: QuestionAsk) -> Answer | None:
        """Put a question; an empty answer leaves it open."""
        click.echo(f"\n{say('cli.ask.question', question=ask.question)}", err=True)
        click.echo(prose(ask.text.of(spoken())), err=True)
        given = self._word(ask)
        if not given:
            return None
        self._name = self._line("cli.ask.name", self._name)
        self._role = self._line("cli.ask.role", self._role)
        if not (self._name and self._role):
            click.echo(say("cli.ask.unnamed"), err=True)
            return None
        remark = self._line("cli.ask.remark", "")
        now = rfc3339(SystemClock().now())
        return Answer(answer=given, name=self._name, role=self._role, time=now, remark=remark)

    def _word(self, ask: QuestionAsk) -> str:
        while True:
            given = self._line("cli.ask.answer", "", words=" / ".join(ask.answers))
            if not given or given in ask.answers:
                return given
            click.echo(say("cli.ask.again"), err=True)

    @staticmethod
    def _line(code: str, known: str | None, **args: str) -> str:
        said: str = click.prompt(
            say(code, **args), default=known or "", show_default=bool(known), err=True
        )
        return said.strip()[:_MOST]
