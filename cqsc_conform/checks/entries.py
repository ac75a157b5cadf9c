"""What checks on entries have in common: where entries were seen, and one verdict over them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from cqsc_conform.checks.registry import Cited, Replies, failed, inconclusive, passed
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.model.operation import ElementAt, Operation
from cqsc_conform.model.outcome import Outcome, ReplyClass
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.verdict import Measured, Verdict

__all__ = [
    "GOOD",
    "Said",
    "Seen",
    "children",
    "detailed",
    "empty",
    "label",
    "listed",
    "over",
    "show",
    "text_of",
    "trouble",
    "worst_of",
]

_SHOWN = 120
_RANK = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


class Seen(NamedTuple):
    """An entry as one reply showed it."""

    reply: Reply
    item: Item


class Said(NamedTuple):
    """What a rule says of one entry."""

    outcome: Outcome
    code: str
    args: dict[str, Any]
    measured: tuple[Measured, ...] = ()


GOOD = Said(Outcome.PASS, "", {})
"""What a rule says of an entry that keeps it."""


def trouble(
    code: str, outcome: Outcome = Outcome.FAIL, **args: Scalar | tuple[Scalar, ...]
) -> Said:
    """Say what is wrong with an entry."""
    return Said(outcome, code, dict(args))


def listed(pages: Replies) -> Iterator[Seen]:
    """Give the entries on pages that answered."""
    for reply in pages:
        if reply.outcome is ReplyClass.SUCCESS:
            for item in reply.items or ():
                yield Seen(reply, item)


def detailed(details: Iterable[Reply]) -> Iterator[Seen]:
    """Give the entries that were answered one by one."""
    for reply in details:
        if reply.outcome is ReplyClass.SUCCESS and reply.item is not None:
            yield Seen(reply, reply.item)


def children(seen: Seen, element: str) -> list[Item] | None:
    """Read a list inside an entry, such as its information items; None where there is no list.

    The target's mapping names elements of a child by ``<element>.<name>``, with a pointer into
    the child; without one, a child's element has its own name.
    """
    found = seen.item.element(element)
    if not isinstance(found, list):
        return None
    prefix = f"{element}."
    inner: dict[str, str | ElementAt] = {
        name.removeprefix(prefix): where
        for name, where in seen.reply.operation.elements.items()
        if name.startswith(prefix)
    }
    operation = Operation(elements=inner)
    return [Item(each, operation) for each in found]


def empty(value: Any) -> bool:  # noqa: ANN401 - JSON is any
    """Tell whether an element carries nothing: absent, null, blank text, no members."""
    if isinstance(value, str):
        return not value.strip()
    return value is MISSING or value is None or value in ([], {})


def text_of(value: Any) -> str | None:  # noqa: ANN401 - JSON is any
    """Give an element that is text as it stands, or None where it is of another type."""
    return value if isinstance(value, str) else None


def show(value: Any) -> str:  # noqa: ANN401 - JSON is any
    """Write any value for a message, bounded."""
    if isinstance(value, dict | list):
        try:
            return msgspec.json.encode(value).decode()[:_SHOWN]
        except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError):
            return f"({type(value).__name__})"
    return as_text(value)[:_SHOWN]


def label(item: Item) -> str:
    """Name an entry: by its id, else its code, else its title."""
    for name in ("id", "code", "title"):
        value = item.element(name)
        if not empty(value):
            return show(value)
    return "?"


def over(
    found: Iterable[Seen],
    rule: Callable[[Seen], Said | None],
    good: str,
    lacking: str,
    *,
    looked: Iterable[Cited] = (),
) -> Verdict:
    """Judge entries by a rule, worst first; ``None`` says that the rule does not speak of one.

    ``good`` is the code of a pass, with ``entries`` counting them; ``lacking`` is the code where
    the rule speaks of no entry, citing what was ``looked`` at.  An entry that several replies
    show counts once.
    """
    said: dict[Outcome, list[tuple[Seen, Said]]] = {each: [] for each in _RANK}
    judged: set[str] = set()
    for seen in found:
        answer = rule(seen)
        if answer is not None:
            said[answer.outcome].append((seen, answer))
            judged.add(label(seen.item))
    worst = next((each for each in _RANK if said[each]), None)
    if worst is None:
        return inconclusive(lacking, *looked)
    hit = said[worst]
    cited = tuple(seen.reply for seen, _ in hit)
    first = max((each for _, each in hit), key=_share)
    if worst is Outcome.PASS:
        return passed(good, *cited, count=len(judged), measured=first.measured, entries=len(judged))
    if worst is Outcome.INCONCLUSIVE:
        return inconclusive(first.code, *cited, count=len(judged), **first.args)
    bad = len({label(seen.item) for seen, _ in hit})
    return failed(
        first.code, *cited, count=len(judged), bad=bad, measured=first.measured, **first.args
    )


def worst_of(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Choose the worst verdict, the first of equals; None where there is none."""
    found = [each for each in verdicts if each is not None]
    return min(found, key=lambda each: each.outcome.rank, default=None)


def _share(said: Said) -> float:
    """Tell how much of its limit a measured value takes; the first of equals is shown."""
    return max((each.value / each.limit for each in said.measured if each.limit), default=0.0)
