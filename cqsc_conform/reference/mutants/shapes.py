"""What a mutant of the catalogue is, and the small hooks that most of them are made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cqsc_conform.reference.catalog_answers import Answer, Asked
from cqsc_conform.reference.data import Catalogue, Entry

DataHook = Callable[[Catalogue], Catalogue]
AnswerHook = Callable[[Catalogue, Asked, Answer], Answer]


@dataclass(frozen=True)
class Text:
    """One sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Collateral:
    """A requirement that necessarily fails too, and why."""

    requirement: str
    reason: Text


def _same_data(catalogue: Catalogue) -> Catalogue:
    return catalogue


def _same_answer(_: Catalogue, __: Asked, said: Answer) -> Answer:
    return said


@dataclass(frozen=True)
class Mutant:
    """One way of being wrong: whose requirement it breaks, and how.

    `data` changes the world before it is served; `answer` changes one answer after the conforming
    one was made.
    """

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    data: DataHook = _same_data
    answer: AnswerHook = _same_answer


CONFORMING = Mutant("", "", Text("符合", "conforming"))


def pick(catalogue: Catalogue, **where: str) -> Entry:
    """Give the first entry with these values, sparing what other requirements lean on.

    The very first entry serves as a control, and the responsibility list points at others.
    Raises StopIteration where the catalogue is too small.
    """
    spared = {duty["entry_id"] for duty in catalogue.duties} | {catalogue.entries[0]["id"]}
    return next(
        e
        for e in catalogue.entries
        if e["id"] not in spared and all(e[name] == value for name, value in where.items())
    )


def change(catalogue: Catalogue, old: Entry, new: Entry) -> Catalogue:
    """Put one entry in another's place."""
    return replace(
        catalogue, entries=tuple(new if e["id"] == old["id"] else e for e in catalogue.entries)
    )


def setting(where: dict[str, str], **values: object) -> DataHook:
    """Make a hook that sets elements of the first entry with the values of `where`."""

    def hook(catalogue: Catalogue) -> Catalogue:
        entry = pick(catalogue, **where)
        return change(catalogue, entry, entry | values)

    return hook


def rewriting(where: dict[str, str], name: str, rewrite: Callable[[str], str]) -> DataHook:
    """Make a hook that rewrites one text element of the first entry with the values of `where`."""

    def hook(catalogue: Catalogue) -> Catalogue:
        entry = pick(catalogue, **where)
        return change(catalogue, entry, entry | {name: rewrite(entry[name])})

    return hook


def dropping(where: dict[str, str], name: str) -> DataHook:
    """Make a hook that leaves one element out of the first entry with the values of `where`."""

    def hook(catalogue: Catalogue) -> Catalogue:
        entry = pick(catalogue, **where)
        return change(catalogue, entry, {k: v for k, v in entry.items() if k != name})

    return hook


def on(operation: str, hook: AnswerHook) -> AnswerHook:
    """Confine a hook to the answers of one operation."""

    def confined(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
        return hook(catalogue, asked, said) if asked.operation == operation else said

    return confined


def with_body(said: Answer, **members: object) -> Answer:
    """Give the answer with some members of its body replaced."""
    return replace(said, body=said.body | members)
