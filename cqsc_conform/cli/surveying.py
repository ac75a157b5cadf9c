"""The options of a surveillance: a public seed and a share."""

from collections.abc import Mapping
from typing import Any

from cqsc_conform.cli.say import say
from cqsc_conform.errors import KitError
from cqsc_conform.model.plan import Surveillance

SHARE = 0.3
MOST = 200
"""The longest seed, in characters."""


def surveillance_of(chosen: Mapping[str, Any]) -> Surveillance | None:
    """Read them; the seed alone chooses, so nobody chooses beside it.

    :raises KitError: ``cli.usage``.
    """
    seed, share = chosen.get("surveillance"), chosen.get("share")
    if seed is None:
        if share is not None:
            raise KitError("cli.usage", fault=say("cli.share_alone"))
        return None
    if not 0 < len(seed) <= MOST or not seed.isprintable():
        raise KitError("cli.usage", fault=say("cli.surveillance_seed", most=MOST))
    if chosen.get("only"):
        raise KitError("cli.usage", fault=say("cli.surveillance_only"))
    return Surveillance(seed=seed, share=SHARE if share is None else share)
