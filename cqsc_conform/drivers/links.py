"""Connections kept alive between exchanges, each looked at before it is used again."""

import threading
from collections.abc import Callable

from cqsc_conform.drivers.framing import Stream
from cqsc_conform.drivers.net import Channel
from cqsc_conform.model.text import Scalar

__all__ = ["Link", "Links"]

_FRESH_SECONDS = 1.0
"""How long a connection may lie idle before a request that must not be repeated goes over it.

A peer that closes an idle connection crosses such a request on the wire, and nobody could tell
whether it was acted upon.
"""


class Link:
    """One connection, with what its set-up showed."""

    __slots__ = ("channel", "facts", "idle_since", "stream", "used")

    def __init__(
        self, channel: Channel, now: Callable[[], float], facts: dict[str, Scalar]
    ) -> None:
        self.channel = channel
        self.stream = Stream(channel, now)
        self.facts = facts
        self.used = False
        self.idle_since = 0.0


class Links:
    """Idle connections by key; taken out while in use, so that parallel steps share none."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._idle: dict[tuple[str, str], list[Link]] = {}
        self._lock = threading.Lock()

    def take(self, key: tuple[str, str], *, safe: bool) -> tuple[Link | None, int]:
        """Give an idle connection that is still good, and how many unasked-for bytes came.

        A connection over which bytes came that no request asked for is dropped: whose answer
        the next bytes were could not be told.
        """
        smuggled = 0
        while True:
            with self._lock:
                waiting = self._idle.get(key)
                if not waiting:
                    return None, smuggled
                link = waiting.pop()
            extra = link.stream.left()
            more = link.channel.waiting()
            if extra or more is None or more:
                smuggled += extra + (more or 0)
            elif safe or self._now() - link.idle_since < _FRESH_SECONDS:
                return link, smuggled
            link.channel.close()

    def give(self, key: tuple[str, str], link: Link) -> None:
        """Take a connection back for later use."""
        link.used = True
        link.idle_since = self._now()
        with self._lock:
            self._idle.setdefault(key, []).append(link)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            links = [link for row in self._idle.values() for link in row]
            self._idle.clear()
        for link in links:
            link.channel.close()
