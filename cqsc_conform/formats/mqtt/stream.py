"""Finds control packets in a stream of octets: sans-IO, incremental, and bounded.

``Decoder.feed`` takes octets as they come, cut anywhere, and gives packets, and what is
:class:`Malformed`.  A packet over the cap is refused as soon as its length is read, before any of
it is kept; then its octets are passed over, so that the next packet is still found.
"""

from collections.abc import Container, Iterator

from cqsc_conform.formats.mqtt.decode import decode_body
from cqsc_conform.formats.mqtt.packets import Connect, Packet, Publish
from cqsc_conform.formats.mqtt.properties import PacketType
from cqsc_conform.formats.mqtt.reader import Reader, clean_topic
from cqsc_conform.formats.mqtt.rules import (
    MQTT_3_1_1,
    MQTT_5,
    RULES,
    Direction,
    Malformed,
    PacketFault,
    Version,
    clause_of,
    closing_clause,
)

__all__ = ["Decoder"]

_P = PacketType
_LONG = 0x80
"""The continuation bit of a variable byte integer."""
_LENGTH_OCTETS = 4
_PUBLISH, _PUBLISH_QOS_1, _PUBLISH_QOS_3 = 0x30, 0x32, 0x36
_QOS_3_BITS, _DUP_BIT = 0x06, 0x08
_LONGEST_CACHED = 128

_TO_SERVER_ONLY = frozenset({_P.CONNECT, _P.SUBSCRIBE, _P.UNSUBSCRIBE, _P.PINGREQ})
_TO_CLIENT_ONLY = frozenset({_P.CONNACK, _P.SUBACK, _P.UNSUBACK, _P.PINGRESP})
_FLAGS_0010 = frozenset({_P.PUBREL, _P.SUBSCRIBE, _P.UNSUBSCRIBE})


class Decoder:
    """Decodes one direction of one connection.

    ``version`` is the protocol level, or ``None`` towards a server until its CONNECT tells;
    ``max_packet`` bounds a whole packet in octets, and with it what is kept between calls.
    ``start`` and ``end`` frame the latest packet in octets of the stream.
    """

    __slots__ = (
        "_busy",
        "_cached_topics",
        "_fed",
        "_need",
        "_pending",
        "_skip",
        "_topics",
        "direction",
        "end",
        "lost",
        "max_packet",
        "start",
        "version",
    )

    def __init__(
        self,
        version: Version | None,
        direction: Direction,
        *,
        max_packet: int = 1 << 20,
        cached_topics: int = 64,
    ) -> None:
        if version is None and direction is Direction.TO_CLIENT:
            raise ValueError("version")
        self.version = version
        self.direction = direction
        self.max_packet = max_packet
        self.start = self.end = 0
        self.lost = False
        """True once the stream cannot be followed any further."""
        self._cached_topics = cached_topics
        self._topics: dict[bytes, str] = {}
        self._pending = bytearray()
        self._need = 0
        self._skip = 0
        self._fed = 0
        self._busy = False

    @property
    def buffered(self) -> int:
        """Tell how many octets wait for the rest of their packet."""
        return len(self._pending)

    def feed(self, data: bytes) -> Iterator[Packet | Malformed]:
        """Take the next octets and give what they complete, in order.

        :raises ValueError: when what an earlier call gave was not read to its end.
        """
        if self._busy:
            raise ValueError("unread")
        self._busy = True
        return self._read(data)

    def plain(self, data: bytes) -> Publish | None:  # noqa: C901, PLR0911 - each way out is a doubt
        """Read octets that are one whole PUBLISH without anything unusual about it.

        None where they are anything else, or where octets of another packet wait: then they
        are what :meth:`feed` takes.  It leaves no trace in the decoder, so that ``start`` and
        ``end`` do not count them.
        """
        size = len(data)
        if size <= 4 or self._pending or self._skip or self.lost or self.version is None:  # noqa: PLR2004 - a header and the length of a topic
            return None
        head, length, body = data[0], data[1], 2
        if length >= _LONG:
            length = length & 0x7F | data[2] << 7
            body = 3
            if not _LONG <= length < 1 << 14:
                return None
        if not _PUBLISH <= head < _PUBLISH_QOS_3 or body + length != size or size > self.max_packet:
            return None
        cut = body + 2 + (data[body] << 8 | data[body + 1])
        if cut > size:
            return None
        name = data[body + 2 : cut]
        topic = self._topics.get(name) or self._learn(name)
        packet_id = None
        if head >= _PUBLISH_QOS_1:
            cut += 2
            if cut > size:
                return None
            packet_id = data[cut - 2] << 8 | data[cut - 1]
            if not packet_id:
                return None
        if self.version == MQTT_5:
            if cut >= size or data[cut]:
                return None
            cut += 1
        if topic is None:
            return None
        return Publish(topic, data[cut:], head >> 1 & 3, head & 1 == 1, packet_id=packet_id)

    def skim(self, data: bytes, calm: Container[bytes]) -> tuple[list[int], bool]:
        """Read on over PUBLISH packets that ask for nothing, as long as they come.

        Those are of QoS 0, not retained, without properties, and of a topic in ``calm``, whose
        names were read by :meth:`feed` before.  Gives where each one ends, counted from the
        beginning of ``data``, and whether what follows is one more PUBLISH of QoS 0 that is not
        whole yet.  The last end and what lies behind it are for the next call: of this one or,
        where something else follows, of :meth:`feed`.
        """
        stops: list[int] = []
        if self._pending or self._skip or self.lost or self.version is None or self._busy:
            return stops, False
        at, size, cap, unfinished = 0, len(data), self.max_packet, False
        five = self.version == MQTT_5
        while size - at > 4 and data[at] == _PUBLISH:  # noqa: PLR2004 - a header and the length of a topic
            length, body = data[at + 1], at + 2
            if length >= _LONG:
                length = length & 0x7F | data[body] << 7
                body += 1
                if not _LONG <= length < 1 << 14:
                    break
            stop = body + length
            if stop > size or stop - at > cap:
                unfinished = stop - at <= cap
                break
            cut = body + 2 + (data[body] << 8 | data[body + 1])
            if cut > stop or data[body + 2 : cut] not in calm:
                break
            if five and (cut >= stop or data[cut]):
                break
            stops.append(stop)
            at = stop
        self._fed += at
        return stops, unfinished or _begins_publish(data[at : at + 5])

    def finish(self) -> Malformed | None:
        """Say at the end of the stream whether it ended inside a packet."""
        if self.lost or not (self._pending or self._skip):
            return None
        self.lost = True
        kind = self._pending[0] >> 4 if self._pending else None
        return self._malformed(PacketFault("stream_ended", self._fed), 0, kind, self.version)

    def _read(self, data: bytes) -> Iterator[Packet | Malformed]:  # noqa: C901, PLR0912, PLR0915
        # The hot path keeps its state in local names; each branch is one state of the stream.
        at, size, base = 0, len(data), self._fed
        self._fed += size
        topics, cap = self._topics, self.max_packet
        while at < size and not self.lost:
            if self._skip:
                passed = min(self._skip, size - at)
                self._skip -= passed
                at += passed
                continue
            if self._pending:
                at += self._fill(data, at)
                if len(self._pending) < self._need:
                    continue
                whole = bytes(self._pending)
                item = self._next(whole, 0, len(whole), base + at - len(whole))
                if item is not None:
                    self._pending.clear()
                    self._need = 0
                    yield item
                continue
            known, five = self.version is not None, self.version == MQTT_5
            while known and size - at > 2:  # noqa: PLR2004 - two octets, and one behind them
                head, length, body = data[at], data[at + 1], at + 2
                if length >= _LONG:
                    length = length & 0x7F | data[body] << 7
                    body += 1
                    # Three octets of length, or two for less than 128: the slow way knows.
                    if not _LONG <= length < 1 << 14:
                        break
                stop = body + length
                if (
                    not _PUBLISH <= head < _PUBLISH_QOS_3
                    or length < 3  # noqa: PLR2004 - a topic of one octet
                    or stop > size
                    or stop - at > cap
                ):
                    break
                cut = body + 2 + (data[body] << 8 | data[body + 1])
                if cut > stop:
                    break
                topic = topics.get(name := data[body + 2 : cut]) or self._learn(name)
                if topic is None:
                    break
                packet_id = None
                if head >= _PUBLISH_QOS_1:
                    cut += 2
                    if cut > stop:
                        break
                    packet_id = data[cut - 2] << 8 | data[cut - 1]
                    if not packet_id:
                        break
                if five:
                    if cut >= stop or data[cut]:
                        break
                    cut += 1
                self.start, self.end = base + at, base + stop
                at = stop
                payload, retain = data[cut:stop], head & 1 == 1
                yield Publish(topic, payload, head >> 1 & 3, retain, packet_id=packet_id)
            if at == size:
                break
            item = self._next(data, at, size, base + at)
            if item is None:
                self._pending += data[at:]
                break
            at = min(self.end - base, size)
            yield item
        self._busy = False

    def _fill(self, data: bytes, at: int) -> int:
        """Take no more than is lacking, and give how many octets that was."""
        lacking = max(self._need - len(self._pending), 1)
        taken = data[at : at + lacking]
        self._pending += taken
        return len(taken)

    def _next(self, data: bytes, at: int, size: int, place: int) -> Packet | Malformed | None:
        """Decode the packet at ``at``; nothing where more octets are needed.

        ``place`` is where it begins in the stream.
        """
        self.start = place
        kind = data[at] >> 4
        try:
            measured = _measure(data, at, size)
        except PacketFault as endless:
            self.lost = True
            self.end = place + 1 + _LENGTH_OCTETS
            return self._malformed(endless, place - at, kind, self.version)
        if measured is None:
            self._need = size - at + 1
            return None
        body, length = measured
        stop = body + length
        fault = self._refused(data[at], at, stop - at)
        if fault is None and stop > size:
            self._need = stop - at
            return None
        self.end = place + stop - at
        self._skip = max(stop - size, 0)
        if fault is not None:
            return self._malformed(fault, place - at, kind, self.version)
        return self._decode(data, at, body, stop)

    def _refused(self, head: int, at: int, size: int) -> PacketFault | None:  # noqa: PLR0911
        """Judge a packet by its fixed header alone."""
        kind, flags, version = head >> 4, head & 0x0F, self.version or MQTT_3_1_1
        if kind == 0 or (kind == _P.AUTH and version != MQTT_5 and self.version is not None):
            return PacketFault("packet_type_reserved", at, f"{head:02x}")
        if self.version is None and kind != _P.CONNECT:
            return PacketFault("first_packet_not_connect", at, f"{head:02x}")
        one_way = _TO_CLIENT_ONLY if self.direction is Direction.TO_SERVER else _TO_SERVER_ONLY
        if kind in one_way or (
            kind == _P.DISCONNECT and version != MQTT_5 and self.direction is Direction.TO_CLIENT
        ):
            return PacketFault("packet_wrong_direction", at, f"{head:02x}")
        if kind == _P.PUBLISH:
            if flags & _QOS_3_BITS == _QOS_3_BITS:
                return PacketFault("qos_3", at, f"{head:02x}")
            if flags & _DUP_BIT and not flags & _QOS_3_BITS:
                return PacketFault("dup_with_qos_0", at, f"{head:02x}")
        elif flags != (2 if kind in _FLAGS_0010 else 0):
            return PacketFault("fixed_header_flags", at, f"{head:02x}")
        if size > self.max_packet:
            return PacketFault("packet_over_cap", at, str(size))
        return None

    def _decode(self, data: bytes, at: int, body: int, stop: int) -> Packet | Malformed:
        place = self.start - at
        reader = Reader(data, body, stop, self.version or MQTT_3_1_1, place)
        if body - at > 2 and data[body - 1] == 0:  # noqa: PLR2004 - one octet of length
            reader.note("variable_byte_integer_not_minimal", at + 1)
        try:
            packet = decode_body(data[at], reader, self.direction)
        except PacketFault as fault:
            return self._malformed(fault, place, data[at] >> 4, reader.version)
        if isinstance(packet, Connect) and self.version is None:
            self.version = packet.version
        return packet

    def _learn(self, name: bytes) -> str | None:
        """Keep a good topic: devices say the same few again and again, and share one text."""
        topic = clean_topic(name)
        if topic is not None and len(name) <= _LONGEST_CACHED:
            if len(self._topics) >= self._cached_topics:
                self._topics.clear()
            self._topics[name] = topic
        return topic

    def _malformed(
        self, fault: PacketFault, base: int, kind: int | None, version: Version | None
    ) -> Malformed:
        level = version or MQTT_3_1_1
        reply = RULES[fault.rule].reason if level == MQTT_5 else _RETURN_CODES.get(fault.rule)
        return Malformed(
            fault.rule,
            clause_of(fault.rule, level, self.direction, kind),
            self.start,
            base + fault.at,
            kind,
            fault.detail,
            closing_clause(fault.rule, level, self.direction, kind),
            reply,
            self.lost,
        )


def _begins_publish(rest: bytes) -> bool:
    """Tell whether up to four octets surely begin a longer PUBLISH of QoS 0."""
    size = len(rest)
    if not 1 <= size <= 4 or rest[0] != _PUBLISH:  # noqa: PLR2004 - as above
        return False
    if size == 1 or rest[1] < _LONG:
        return size == 1 or size < 2 + rest[1]
    return size == 2 or 0 < rest[2] < _LONG  # noqa: PLR2004 - nothing of the second octet


_RETURN_CODES = {"protocol_level": 1, "client_id_empty": 2}


def _measure(data: bytes, at: int, size: int) -> tuple[int, int] | None:
    """Give where the body begins and its length, or nothing where octets lack.

    :raises PacketFault: when the length goes on beyond four octets.
    """
    length = 0
    for place in range(_LENGTH_OCTETS):
        here = at + 1 + place
        if here >= size:
            return None
        octet = data[here]
        length |= (octet & 0x7F) << 7 * place
        if octet < _LONG:
            return here + 1, length
    raise PacketFault("remaining_length_too_long", at + 1)
