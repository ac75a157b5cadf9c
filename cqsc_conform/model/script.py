"""How a receiver on the kit's side behaves, answer by answer."""

from typing import Literal

from msgspec import Struct


class Reaction(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How the kit answers one request that the target makes.

    ``status`` after ``delay`` seconds.  With ``hold`` nothing at all for so many seconds, then
    the connection is ended.  Seconds are on the target's declared scale.
    """

    status: int = 204
    delay: float = 0.0
    hold: float = 0.0


Validation = Literal["plain", "grant", "refuse"]
"""How a receiver answers OPTIONS: as any request, or as a webhook that grants or refuses."""
