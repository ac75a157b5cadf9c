"""How the frames of a trace are read: packets decoded, messages through the target's mapping.

Checks see a trace through :class:`Event` alone, so that all of them see the same thing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timezone
from typing import Any, Final, Literal

from cqsc_conform.formats.device_message import Mapped, Message
from cqsc_conform.formats.mqtt import (
    Connect,
    Decoder,
    Direction,
    Malformed,
    Packet,
    Publish,
    Version,
)
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, Frame
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.operation import Operation

__all__ = ["CREDENTIALS", "Event", "Sender", "Topics", "read_events"]

Sender = Literal["device", "kit", "event"]

_SENDERS: Final[tuple[Sender, ...]] = ("device", "kit", "event")
_PLACE = re.compile(r"\{([^{}]*)\}|(\+)|(#)")
_MOST_TOPICS = 4096
_MOST_SESSIONS = 65_536
CREDENTIALS: Final = ("user name", "password", "authentication data")
"""What a masked span of a packet is called that credentials stood in, by their place."""

_NO_NOTE: Final[Mapping[str, Any]] = {}
_KINDS = {each: each.__struct_config__.tag.lower() for each in Packet.__args__}


class Topics:
    """Finds the operation that a topic belongs to, by the operations' topic templates.

    A template's ``{name}`` stands for one level, ``+`` and ``#`` for what MQTT says they do.
    ``zone`` is that of times without offset.
    """

    def __init__(self, operations: Mapping[str, Operation], zone: timezone | None = None) -> None:
        self._operations = tuple(
            (name, Mapped(operation, zone), _pattern(operation.path))
            for name, operation in operations.items()
            if operation.method == "PUBLISH"
        )
        self._unmapped = Mapped(Operation(), zone)
        self._known: dict[str, tuple[str, Mapped, dict[str, str]]] = {}

    def find(self, topic: str) -> tuple[str, Mapped, dict[str, str]]:
        """Give the operation's name (empty where there is none), it, and what ``{…}`` stand for."""
        found = self._known.get(topic)
        if found is None:
            found = "", self._unmapped, {}
            for name, operation, pattern in self._operations:
                match = pattern.fullmatch(topic)
                if match is not None:
                    found = name, operation, match.groupdict()
                    break
            if len(self._known) >= _MOST_TOPICS:
                self._known.clear()
            self._known[topic] = found
        return found


def _pattern(template: str) -> "re.Pattern[str]":
    parts, at, seen = [], 0, set()
    for found in _PLACE.finditer(template):
        parts.append(re.escape(template[at : found.start()]))
        name, at = found[1], found.end()
        if found[3]:
            parts.append(".*")
        elif name and name.isidentifier() and name not in seen:
            seen.add(name)
            parts.append(f"(?P<{name}>[^/]+)")
        else:
            parts.append("[^/]*")
    return re.compile("".join([*parts, re.escape(template[at:])]), re.DOTALL)


class Event:
    """One frame of a trace, decoded.

    ``at`` is seconds since the trace's zero on the target's declared scale, so that it compares
    with durations of profiles and IXIT; ``when`` is the real time, in seconds of the epoch.
    ``kind`` is a packet's name (``connect``, ``publish`` …), ``malformed``, or what happened
    (``accepted``, ``closed``, ``cut`` …), of which ``note`` holds the particulars.  ``packet``
    is None for what happened; ``message`` is there for a PUBLISH of a device, ``will`` for a
    CONNECT that leaves one.  ``telemetry`` and ``status`` are the message where it is such.
    ``masked`` says that a secret was masked in the packet, other than its credentials.
    """

    __slots__ = (
        "_id", "at", "kind", "masked", "message", "note", "number", "packet", "sender", "session",
        "status", "telemetry", "trace", "when", "will",
    )  # fmt: skip

    def __init__(
        self,
        at: float,
        when: float,
        session: int,
        sender: Sender,
        kind: str,
        trace: str,
        number: int,
        packet: Packet | Malformed | None = None,
        message: Message | None = None,
        will: Message | None = None,
        note: Mapping[str, Any] = _NO_NOTE,
        *,
        masked: bool = False,
    ) -> None:
        self.at = at
        self.when = when
        self.session = session
        self.sender = sender
        self.kind = kind
        self.trace = trace
        self.number = number
        self.packet = packet
        self.message = message
        self.will = will
        self.note = note
        self.masked = masked
        self.telemetry = self.status = None
        if message is not None:
            if message.operation == "telemetry":
                self.telemetry = message
            elif message.operation == "status":
                self.status = message
        self._id: str | None = None

    @property
    def cite(self) -> str:
        """The frame as verdicts cite it: ``probe/step.n#frame``, frames counted from 1."""
        found = self._id
        if found is None:
            found = self._id = f"{self.trace}#{self.number}"
        return found

    @property
    def id(self) -> str:
        """The same as :attr:`cite`, as evidence of all kinds has an id."""
        return self.cite


def read_events(
    frames: Iterable[Frame],
    trace: str,
    topics: Topics,
    *,
    since: float,
    scale: float = 1.0,
    charset: str = "utf-8",
    max_packet: int = 256 * 1024,
    version: Version | None = None,
) -> Iterator[Event]:
    """Read the frames of a trace as events, in their order, one at a time.

    ``since`` is the epoch second of the trace's zero, ``scale`` the target's time scale,
    ``max_packet`` the cap on a packet that held while recording.  ``version`` is the protocol
    level of a trace in which no CONNECT can be seen.
    """
    packets = _Packets(max_packet, version)
    decode, find = packets.decode, topics.find
    packet: Packet | Malformed
    masked: set[int] = set()
    for number, frame in enumerate(frames, 1):
        at, direction, session, data = frame
        real = at / 1_000_000
        sender = _SENDERS[direction]
        if direction == EVENT:
            note = _note(data)
            kind = str(note.get("event", ""))
            if kind == "masked" and _hides(note):
                masked.add(session)
            packets.happened(session, kind)
            yield Event(real / scale, since + real, session, sender, kind, trace, number, note=note)
            continue
        packet = decode(session, direction, data)
        message = will = None
        if type(packet) is Publish:
            kind = "publish"
            if direction == FROM_DEVICE:
                message = Message(packet, find(packet.topic), charset)
        else:
            kind = _KINDS.get(type(packet), "malformed")
            if type(packet) is Connect and packet.will is not None:
                left = packet.will
                published = Publish(left.topic, left.payload, qos=left.qos, retain=left.retain)
                will = Message(published, find(left.topic), charset)
        event = Event(
            real / scale, since + real, session, sender, kind, trace, number, packet, message, will
        )
        if masked:
            # What is masked in a packet is said right before it.
            event.masked = session in masked
            masked.clear()
        yield event


def _hides(note: Mapping[str, Any]) -> bool:
    """Tell whether more than credentials was masked, as far as can be told."""
    spans = note.get("spans")
    if not isinstance(spans, list):
        return True
    return not all(isinstance(each, dict) and each.get("name") in CREDENTIALS for each in spans)


def _note(data: bytes) -> Mapping[str, Any]:
    try:
        found = read_json(data)
    except JsonFault:
        return {}
    return found if isinstance(found, dict) else {}


class _Packets:
    """Decodes each frame as the one packet that it holds, by its session's version."""

    def __init__(self, max_packet: int, version: Version | None) -> None:
        self._max = max_packet
        self._version = version
        self._sessions: dict[int, tuple[Decoder, Decoder]] = {}

    def happened(self, session: int, kind: str) -> None:
        if kind in {"closed", "accepted"}:
            self._sessions.pop(session, None)

    def decode(self, session: int, direction: int, data: bytes) -> Packet | Malformed:
        pair = self._sessions.get(session)
        if pair is None:
            pair = self._begin(session, self._version)
        decoder = pair[direction]
        plain = decoder.plain(data)
        if plain is not None:
            return plain
        # A kit's frame is whole by construction, a device's may be what came of a packet.
        found: Packet | Malformed | None = None
        for each in decoder.feed(data):
            found = found or each
        if found is None or decoder.buffered or type(found) is Malformed:
            # What is cut off, over the cap or endless must not swallow the next frame.
            found = found or decoder.finish() or _NOTHING
            self._begin(session, pair[0].version)
        if type(found) is Connect:
            self._begin(session, found.version)
        return found

    def _begin(self, session: int, version: Version | None) -> tuple[Decoder, Decoder]:
        if len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.clear()
        pair = (
            Decoder(version, Direction.TO_SERVER, max_packet=self._max),
            Decoder(version or 4, Direction.TO_CLIENT, max_packet=1 << 24),
        )
        self._sessions[session] = pair
        return pair


_NOTHING = Malformed("stream_ended", "", 0, 0)
