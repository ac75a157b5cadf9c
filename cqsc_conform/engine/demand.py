"""Demand and supply of observation: a passive watch lasts as long as its longest demand.

How long is looked is a parameter of each requirement.  What only watches is done once, for
whoever wants to see most; the judge cuts it to each one's demand.  A stimulus is never stretched.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from cqsc_conform.formats.reading import as_text
from cqsc_conform.model.plan import Item, PlannedProbe
from cqsc_conform.model.probe import Node, Peer
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.text import Scalar


def supplied(
    probes: Mapping[str, PlannedProbe], items: Iterable[Item], ixit: Mapping[str, Scalar]
) -> dict[str, PlannedProbe]:
    """Stretch every passive watch to the longest demand on it.

    A planned probe keeps the digest of the profile's own: a longer look at the same serves all
    that a shorter one does.
    """
    wanted: dict[str, float] = {}
    for item in items:
        if item.disposition != "run":
            continue
        for use in (item.check, item.controls.before, item.controls.after):
            if use is not None:
                for step in use.evidence.values():
                    wanted[step] = max(_seconds(use, ixit), wanted.get(step, 0.0))
    return {
        name: replace(
            each,
            probe=replace(
                each.probe, steps=tuple(_stretched(node, name, wanted) for node in each.probe.steps)
            ),
        )
        for name, each in probes.items()
    }


def _stretched(node: Node, probe: str, wanted: Mapping[str, float]) -> Node:
    if isinstance(node, Peer) and not node.script:
        longest = wanted.get(f"{probe}/{node.as_}", 0.0)
        return replace(node, seconds=longest) if longest > node.seconds else node
    return node


def _seconds(use: CheckUse, ixit: Mapping[str, Scalar]) -> float:
    """Read a use's demand; one that cannot be read asks for nothing, binding tells of it."""
    given = use.with_.get("seconds")
    if isinstance(given, str) and given.startswith("{ixit."):
        given = ixit.get(given[len("{ixit.") : -1])
    try:
        return float(as_text(given)) if isinstance(given, int | float | str) else 0.0
    except ValueError:
        return 0.0
