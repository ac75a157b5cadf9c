"""What an MQTT server remembers: sessions, subscriptions, retained messages; all bounded."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from msgspec.structs import replace

from cqsc_conform.formats.mqtt import Publish, Pubrel, Subscription, matches

__all__ = ["Retained", "Session", "Sessions", "Subscriptions"]

MOST_SESSIONS = 10_000
MOST_FILTERS = 256
"""Subscriptions of one session."""
MOST_QUEUED = 1_000
QUEUED_BYTES = 1 << 20
"""Messages that wait for one session."""
MOST_RETAINED = 10_000
RETAINED_BYTES = 16 << 20
_MOST_CACHED = 4096
_IDS = 65_535


class Session:
    """One client's session: it outlives its connections as far as the client asked."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.expiry = 0.0
        self.left_at: float | None = None
        self.filters: dict[str, Subscription] = {}
        self.received: set[int] = set()
        self.inflight: OrderedDict[int, Publish | Pubrel] = OrderedDict()
        self.queue: deque[Publish] = deque()
        self.queued = 0
        self.window = 32
        self._last = 0

    def put(self, publish: Publish) -> bool:
        """Let a message wait; False where there is no room."""
        if len(self.queue) >= MOST_QUEUED or self.queued + len(publish.payload) > QUEUED_BYTES:
            return False
        self.queue.append(publish)
        self.queued += len(publish.payload)
        return True

    def next(self) -> Publish | None:
        """Take the next message that may go out, under a packet identifier of its own."""
        if not self.queue or len(self.inflight) >= self.window:
            return None
        publish = self.queue.popleft()
        self.queued -= len(publish.payload)
        self._last = self._free()
        publish = replace(publish, packet_id=self._last)
        self.inflight[self._last] = publish
        return publish

    def _free(self) -> int:
        number = self._last % _IDS + 1
        while number in self.inflight:
            number = number % _IDS + 1
        return number


class Sessions:
    """All sessions by client identifier; the one that has been gone longest makes room."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, Session] = OrderedDict()

    def find(self, client_id: str, now: float) -> Session | None:
        """Give a session that has not expired."""
        found = self._all.get(client_id)
        if found and found.left_at is not None and now - found.left_at > found.expiry:
            return None
        return found

    def begin(self, client_id: str) -> tuple[Session, Session | None]:
        """Make a new session; gives it and the one that had to go for it."""
        gone = self._all.pop(client_id, None)
        if gone is None and len(self._all) >= MOST_SESSIONS:
            gone = self._all.pop(next(iter(self._all)))
        made = self._all[client_id] = Session(client_id)
        return made, gone

    def end(self, session: Session) -> None:
        """Forget a session."""
        if self._all.get(session.client_id) is session:
            del self._all[session.client_id]


class Subscriptions:
    """Who wants what: found by topic, remembered until somebody's wishes change."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[Session, Subscription]] = {}
        self._wild: dict[str, dict[Session, Subscription]] = {}
        self._known: dict[str, list[tuple[Session, Subscription]]] = {}
        self.changes = 0

    def add(self, session: Session, wanted: Subscription) -> bool:
        """Subscribe, or change a subscription; False where a session has too many."""
        topic_filter = wanted.topic_filter
        if topic_filter not in session.filters and len(session.filters) >= MOST_FILTERS:
            return False
        session.filters[topic_filter] = wanted
        self._of(topic_filter).setdefault(topic_filter, {})[session] = wanted
        self._known.clear()
        self.changes += 1
        return True

    def remove(self, session: Session, topic_filter: str) -> bool:
        """Unsubscribe; False where there was no such subscription."""
        if session.filters.pop(topic_filter, None) is None:
            return False
        held = self._of(topic_filter)
        held[topic_filter].pop(session, None)
        if not held[topic_filter]:
            del held[topic_filter]
        self._known.clear()
        self.changes += 1
        return True

    def clear(self, session: Session) -> None:
        """Drop all that a session wants."""
        for topic_filter in tuple(session.filters):
            self.remove(session, topic_filter)

    def find(self, topic: str) -> list[tuple[Session, Subscription]]:
        """Give each session that wants a topic once, by the highest QoS of its filters."""
        if not self._exact and not self._wild:
            return []
        known = self._known.get(topic)
        if known is not None:
            return known
        best: dict[Session, Subscription] = dict(self._exact.get(topic, {}))
        for topic_filter, held in self._wild.items():
            if matches(topic_filter, topic):
                for session, wanted in held.items():
                    if session not in best or best[session].qos < wanted.qos:
                        best[session] = wanted
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        self._known[topic] = list(best.items())
        return self._known[topic]

    def _of(self, topic_filter: str) -> dict[str, dict[Session, Subscription]]:
        wild = "+" in topic_filter or "#" in topic_filter
        return self._wild if wild else self._exact


class Retained:
    """Retained messages by topic."""

    def __init__(self) -> None:
        self._held: dict[str, Publish] = {}
        self._bytes = 0

    def keep(self, publish: Publish) -> bool:
        """Retain a message, or clear its topic with an empty one; False where there is no room."""
        old = self._held.pop(publish.topic, None)
        if old is not None:
            self._bytes -= len(old.payload)
        if not publish.payload:
            return True
        size = len(publish.payload)
        if len(self._held) >= MOST_RETAINED or self._bytes + size > RETAINED_BYTES:
            return False
        self._held[publish.topic] = publish
        self._bytes += size
        return True

    def matching(self, topic_filter: str) -> Iterator[Publish]:
        """Give the retained messages that a filter asks for."""
        if "+" not in topic_filter and "#" not in topic_filter:
            found = self._held.get(topic_filter)
            if found is not None:
                yield found
            return
        for topic, publish in tuple(self._held.items()):
            if matches(topic_filter, topic):
                yield publish
