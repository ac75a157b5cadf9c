"""What a run made at its target and took away again, read off its evidence.  Pure."""

from collections.abc import Iterable

from msgspec import Struct

from cqsc_conform.formats.reading import Reader
from cqsc_conform.model.evidence import Evidence, Exchange, Unobserved
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.plan import ReachedTarget

__all__ = ["Left", "left_by"]

CREATES, REMOVES = ".create", ".delete"
"""How operations that create and remove end, by which the ledger knows them."""

_GONE = frozenset({ReplyClass.SUCCESS, ReplyClass.NOT_FOUND})


class Left(Struct, frozen=True):
    """How much was created and removed, and the ids of what may still be there.

    Where an id was not learned, the evidence that created it stands in its place.
    """

    created: int
    removed: int
    remaining: tuple[str, ...]


def left_by(evidence: Iterable[Evidence], target: ReachedTarget) -> Left:
    """Tell what evidence shows to have been created and removed."""
    reader = Reader(target.operations, target.outcome, target.charset, target.timezone)
    created: dict[str, None] = {}
    gone: set[str] = set()
    for each in evidence:
        if isinstance(each, Unobserved):
            # A request that left may have been obeyed, answered or not.
            if each.operation.endswith(CREATES) and each.request is not None:
                created[each.id] = None
        elif isinstance(each, Exchange):
            reply = reader.reply(each)
            if each.operation.endswith(CREATES) and reply.outcome is ReplyClass.SUCCESS:
                created[(reply.item and reply.item.text("id")) or _located(each)] = None
            elif each.operation.endswith(REMOVES) and reply.outcome in _GONE:
                gone.add(each.params.get("id", ""))
    removed = gone & created.keys()
    return Left(len(created), len(removed), tuple(each for each in created if each not in gone))


def _located(exchange: Exchange) -> str:
    """Name what was created by its Location, else by the evidence."""
    found = next(
        (value for name, value in exchange.response.headers if name.lower() == "location"), ""
    )
    return found.rstrip("/").rpartition("/")[2] or exchange.id
