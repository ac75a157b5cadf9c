"""Reads the data types of MQTT (section 1.5) off the octets of one packet, never beyond its end."""

import re

from cqsc_conform.formats.mqtt.rules import NOTES, Note, PacketFault, Version

__all__ = ["MAX_ENTRIES", "Reader", "clean_topic"]

MAX_ENTRIES = 4096
"""How many topic filters, or properties, one packet may hold: a bound of the kit's own."""

_MAX_NOTES = 8
_VARIABLE_OCTETS = 4
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f]")
# U+FDD0 to U+FDEF, and the last two of each plane.
_LAST_TWO = "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
_NONCHARACTER = re.compile(f"[\ufdd0-\ufdef{_LAST_TWO}]")
_PLAIN = re.compile(rb"[\x20-\x7e]*")
_PLAIN_TOPIC = re.compile(rb"[ !\"$-*,-~]+")
_DOUBTFUL = re.compile(f"[\0-\x1f+#\x7f-\x9f\ufdd0-\ufdef{_LAST_TWO}]")


def clean_topic(octets: bytes) -> str | None:
    """Give the text of a topic name that breaks no rule and deserves no note, else nothing."""
    if _PLAIN_TOPIC.fullmatch(octets):
        return octets.decode("ascii")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return text if text and not _DOUBTFUL.search(text) else None


class Reader:
    """Walks through ``data[at:end]``; every fault says where it is.

    ``base`` is the place of ``data[0]`` in the stream, so that notes can say where they are.
    """

    __slots__ = ("at", "base", "data", "end", "notes", "version")

    def __init__(self, data: bytes, at: int, end: int, version: Version, base: int) -> None:
        self.data = data
        self.at = at
        self.end = end
        self.version = version
        self.base = base
        self.notes: list[Note] = []

    def note(self, rule: str, at: int) -> None:
        """Remember what the standard discourages; the first few of a packet are enough."""
        if len(self.notes) < _MAX_NOTES:
            clause = NOTES[rule][self.version == 5]  # noqa: PLR2004 - the protocol level
            self.notes.append(Note(rule, clause, self.base + at))

    def byte(self) -> int:
        """Read one octet."""
        at = self._take(1)
        return self.data[at]

    def two(self) -> int:
        """Read a two byte integer."""
        at = self._take(2)
        return self.data[at] << 8 | self.data[at + 1]

    def four(self) -> int:
        """Read a four byte integer."""
        at = self._take(4)
        return int.from_bytes(self.data[at : at + 4], "big")

    def variable(self) -> int:
        """Read a variable byte integer; a longer form than needed is noted."""
        start, value = self.at, 0
        for place in range(_VARIABLE_OCTETS):
            octet = self.byte()
            value |= (octet & 0x7F) << 7 * place
            if octet < 0x80:  # noqa: PLR2004 - the continuation bit
                if octet == 0 and place:
                    self.note("variable_byte_integer_not_minimal", start)
                return value
        raise PacketFault("variable_byte_integer_too_long", start)

    def binary(self) -> bytes:
        """Read binary data behind its two octets of length."""
        length = self.two()
        at = self._take(length)
        return self.data[at : at + length]

    def string(self, field: str) -> str:
        """Read the UTF-8 encoded string of a field; U+FEFF stays where it is (MQTT-1.5.4-3)."""
        data, length = self.data, self.two()
        at = self._take(length)
        if _PLAIN.fullmatch(data, at, at + length):
            return data[at : at + length].decode("ascii")
        try:
            text = data[at : at + length].decode()
        except UnicodeDecodeError as error:
            raise PacketFault("utf8_ill_formed", at + error.start, field) from None
        if "\0" in text:
            raise PacketFault("utf8_null", data.index(0, at), field)
        for name, pattern in (
            ("utf8_control_character", _CONTROL),
            ("utf8_noncharacter", _NONCHARACTER),
        ):
            if found := pattern.search(text):
                self.note(name, at + len(text[: found.start()].encode()))
        return text

    def packet_id(self) -> int:
        """Read a packet identifier, which is never zero."""
        at, value = self.at, self.two()
        if value == 0:
            raise PacketFault("packet_id_zero", at)
        return value

    def rest(self) -> bytes:
        """Take all that is left."""
        at, self.at = self.at, self.end
        return self.data[at : self.end]

    def done(self) -> None:
        """Insist that nothing is left."""
        if self.at != self.end:
            raise PacketFault("packet_trailing_bytes", self.at, str(self.end - self.at))

    def _take(self, count: int) -> int:
        at = self.at
        if at + count > self.end:
            raise PacketFault("packet_truncated", at, str(at + count - self.end))
        self.at = at + count
        return at
