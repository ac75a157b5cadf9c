"""pcapng files (draft-ietf-opsawg-pcapng) of TCP conversations that are made up around payloads.

Wireshark decodes what TCP carried once it sees segments with right numbers and checksums; the
packets themselves were never captured, so their addresses are loopback's.  The link type is RAW
(101): each packet begins with its IPv4 header.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["Conversation", "PcapngWriter"]

_RAW: Final = 101
_MOST_SEGMENT: Final = 32_768
_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
_HEADERS = 40
_LOOPBACK = 0x7F000000
_FIRST_PORT, _PORTS = 10_000, 50_000
_MASK = 0xFFFF_FFFF


class PcapngWriter:
    """Writes the blocks of one file: its head, then one packet after the other."""

    def head(self, comment: str = "", application: str = "") -> bytes:
        """Write the section header and the one interface: RAW, microseconds."""
        section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        section += _options((1, comment.encode()), (4, application.encode()))
        interface = struct.pack("<HHI", _RAW, 0, 0) + _options((9, b"\x06"))
        return _block(0x0A0D0D0A, section) + _block(1, interface)

    def packet(self, at: int, data: bytes, comment: str = "") -> bytes:
        """Write a packet at ``at`` µs of the epoch."""
        body = struct.pack("<IIIII", 0, at >> 32 & _MASK, at & _MASK, len(data), len(data))
        return _block(6, body + _padded(data) + _options((1, comment.encode())))


class Conversation:
    """One TCP connection between a device and the kit, numbered from ``session``."""

    def __init__(self, session: int, port: int) -> None:
        self._device = (_LOOPBACK + 2 + (session >> 16 & 0xFF), _FIRST_PORT + session % _PORTS)
        self._kit = (_LOOPBACK + 1, port)
        self._next = {True: 1, False: 1}
        self._packet = 0
        self.open = False
        self.closed = False

    def begin(self) -> Iterator[bytes]:
        """Shake hands."""
        self.open = True
        yield self._segment(_SYN, b"", device=True, sequence=0, acknowledged=0)
        yield self._segment(_SYN | _ACK, b"", device=False, sequence=0)
        yield self._segment(_ACK, b"", device=True)

    def say(self, data: bytes, *, device: bool) -> Iterator[bytes]:
        """Carry a payload, in segments that IPv4 has room for."""
        for at in range(0, len(data), _MOST_SEGMENT):
            piece = data[at : at + _MOST_SEGMENT]
            yield self._segment(_PSH | _ACK, piece, device=device)
            self._next[device] = self._next[device] + len(piece) & _MASK

    def end(self, *, device: bool) -> Iterator[bytes]:
        """Part: whoever leaves first, then the other."""
        self.closed = True
        for side in (device, not device):
            yield self._segment(_FIN | _ACK, b"", device=side)
            self._next[side] = self._next[side] + 1 & _MASK
        yield self._segment(_ACK, b"", device=device)

    def _segment(
        self,
        flags: int,
        data: bytes,
        *,
        device: bool,
        sequence: int | None = None,
        acknowledged: int | None = None,
    ) -> bytes:
        (source, port), (to, to_port) = (
            (self._device, self._kit) if device else (self._kit, self._device)
        )
        sequence = self._next[device] if sequence is None else sequence
        acknowledged = self._next[not device] if acknowledged is None else acknowledged
        tcp = struct.pack(
            ">HHIIBBHHH", port, to_port, sequence, acknowledged, 5 << 4, flags, 65_535, 0, 0
        )
        pseudo = struct.pack(">IIBBH", source, to, 0, 6, len(tcp) + len(data))
        total = _checksum(pseudo + tcp + data)
        tcp = tcp[:16] + total.to_bytes(2, "big") + tcp[18:]
        self._packet = self._packet + 1 & 0xFFFF
        size = _HEADERS + len(data)
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, size, self._packet, 0x4000, 64, 6, 0, source, to)
        ip = ip[:10] + _checksum(ip).to_bytes(2, "big") + ip[12:]
        return ip + tcp + data


def _checksum(data: bytes) -> int:
    """Sum as RFC 1071 does."""
    if len(data) % 2:
        data += b"\x00"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _options(*options: tuple[int, bytes]) -> bytes:
    given = [(code, value[:0xFFFF]) for code, value in options if value]
    return _joined(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in given)


def _joined(parts: Iterable[bytes]) -> bytes:
    found = b"".join(parts)
    return found + b"\x00\x00\x00\x00" if found else b""


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
