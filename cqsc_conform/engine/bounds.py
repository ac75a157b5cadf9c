"""The most that a probe may send, counted from its tree alone."""

import math
from collections.abc import Iterable

from cqsc_conform.model.probe import (
    Each,
    Fuzz,
    Handshake,
    Listen,
    Node,
    Observe,
    Par,
    Peer,
    Raw,
    Request,
    Seq,
    Until,
    Walk,
)

SHORTEST_PAUSE = 0.01
"""Seconds between two turns of an ``until``, at the least."""


def most_requests(nodes: Iterable[Node]) -> int:
    """Count the requests that nodes send at the most."""
    return sum(_most(node) for node in nodes)


def _most(node: Node) -> int:  # noqa: PLR0911 - one a kind of node
    match node:
        case Request() | Raw() | Peer() | Observe():
            return 1
        case Fuzz():
            return 1 + node.table + node.search
        case Handshake():
            return len(node.offers)
        case Walk():
            return node.max_pages + (most_requests(node.between.do) if node.between else 0)
        case Each():
            return node.max * most_requests(node.do)
        case Until():
            times = math.ceil(node.seconds / max(node.every, SHORTEST_PAUSE)) + 1
            return (times if node.most is None else min(times, node.most)) * most_requests(node.do)
        case Seq() | Par() | Listen():
            return most_requests(node.do)
        case _:
            return 0
