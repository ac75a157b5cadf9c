"""What a mutant of the record API is, and the small hooks that most of them are made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cqsc_conform.reference.exchange_answers import Answer, Asked, World
from cqsc_conform.reference.exchange_data import Record
from cqsc_conform.reference.exchange_store import Store
from cqsc_conform.reference.mutants.shapes import Collateral, Text

Records = tuple[Record, ...]
DataHook = Callable[[Records], Records]
Conforming = Callable[[World, Asked], Answer]
AnswerHook = Callable[[World, Asked, Conforming], Answer]


def _same_data(records: Records) -> Records:
    return records


def _same_answer(world: World, asked: Asked, conforming: Conforming) -> Answer:
    return conforming(world, asked)


@dataclass(frozen=True)
class Mutant:
    """One way of being wrong: whose requirement it breaks, and how.

    `data` changes the records before they are served, `store` keeps them in another way, `answer`
    answers in the place of the conforming one, which it may ask.
    """

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    data: DataHook = _same_data
    answer: AnswerHook = _same_answer
    store: type[Store] = Store


CONFORMING = Mutant("", "", Text("符合", "conforming"))


def on(operation: str, hook: AnswerHook, **where: str | None) -> AnswerHook:
    """Confine a hook to an operation, and to queries with these values (None: absent)."""

    def confined(world: World, asked: Asked, conforming: Conforming) -> Answer:
        wanted = all(asked.query.get(name) == value for name, value in where.items())
        if asked.operation == operation and wanted:
            return hook(world, asked, conforming)
        return conforming(world, asked)

    return confined


def after(change: Callable[[Answer], Answer]) -> AnswerHook:
    """Make a hook that changes a successful answer once it is made."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        said = conforming(world, asked)
        return change(said) if said.status < 300 else said

    return hook


def members(**changes: Any) -> Callable[[Answer], Answer]:  # noqa: ANN401 - JSON is any
    """Make a change of members of the body; a function is applied to the member."""

    def change(said: Answer) -> Answer:
        made = {k: v(said.body[k]) if callable(v) else v for k, v in changes.items()}
        return replace(said, body=said.body | made)

    return change


def setting(at: int, **values: Any) -> DataHook:  # noqa: ANN401 - JSON is any
    """Make a hook that sets elements of one record; a function is applied to the element."""

    def hook(records: Records) -> Records:
        old = records[at]
        made = {k: v(old[k]) if callable(v) else v for k, v in values.items()}
        return (*records[:at], old | made, *records[at + 1 :])

    return hook


def everywhere(change: Callable[[Record], Record]) -> DataHook:
    """Make a hook that changes every record."""
    return lambda records: tuple(change(each) for each in records)


def given(query: dict[str, str], **more: str) -> dict[str, str]:
    """Give a query with some parameters replaced."""
    return {**query, **more}
