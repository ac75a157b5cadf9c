"""What a handshake showed, before it is evidence."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["Result", "Seen", "now_is"]

Result = Literal["accepted", "refused", "closed", "silent", "garbled"]


class Seen(Struct, frozen=True):
    """What a handshake showed; see ``TlsHandshake`` for the words."""

    result: Result
    version: str | None = None
    suite: str | None = None
    alert: str | None = None
    chain: tuple[bytes, ...] = ()
    verified: str | None = None
    facts: dict[str, Scalar] = {}


def now_is(clock: Clock) -> str:
    """Tell the time as evidence writes it."""
    return rfc3339(clock.now())
