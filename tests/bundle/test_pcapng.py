"""Traces as pcapng: blocks, addresses, sequence numbers and checksums as Wireshark wants them."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from bundle.make import Counted, exchange, finished
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.pcapng import to_pcapng
from cqsc_conform.bundle.seal import seal
from cqsc_conform.bundle.streams import StreamWriter
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.errors import KitError
from cqsc_conform.formats.mqtt import Connack, Connect, Disconnect, Publish, encode
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter
from cqsc_conform.model.evidence import Trace

BIG = encode(Publish("cqsc/500112/d-1/telemetry", bytes(70_000)), 4)
FRAMES = (
    (0, EVENT, 1, b'{"event":"accepted"}'),
    (10, FROM_DEVICE, 1, encode(Connect("d-1"), 4)),
    (20, FROM_KIT, 1, encode(Connack(), 4)),
    (30, EVENT, 0, b'{"event":"act"}'),
    (40, FROM_DEVICE, 1, BIG),
    (50, FROM_DEVICE, 2, b"garbage"),
    (60, FROM_DEVICE, 1, encode(Disconnect(), 4)),
    (70, EVENT, 1, b'{"event":"closed","why":"disconnect"}'),
    (80, EVENT, 2, b'{"event":"closed","why":"malformed"}'),
)


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    writer, stream = FrameWriter(), StreamWriter(folder, Counted())
    for frame in FRAMES:
        stream.append(writer.frame(*frame))
    kept = stream.close()
    trace = Trace(
        id="iot.watch/trace.1", kind="mqtt", vantage="peer", endpoint="device",
        since="2026-01-02T03:04:05.000Z", seconds=1.0, packets=4, sessions=2, ended="deadline",
        stream=kept.stream, root=kept.root, chunks=kept.chunks,
    )  # fmt: skip
    return finished(folder, (exchange(), trace))


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0
        assert struct.unpack_from("<I", data, at + size - 4) == (size,)
        yield kind, data[at + 8 : at + size - 4]
        at += size


def summed(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_every_conversation_is_whole_tcp(watched):
    with open_bundle(watched) as bundle:
        found = list(blocks(b"".join(to_pcapng(bundle))))
    assert [kind for kind, _ in found[:2]] == [0x0A0D0D0A, 1]
    assert struct.unpack_from("<H", found[1][1]) == (101,)
    said: dict[tuple[bytes, int, int], bytes] = {}
    expected: dict[tuple[bytes, int, int], int] = {}
    times = []
    for kind, body in found[2:]:
        assert kind == 6
        _, high, low, size, length = struct.unpack_from("<IIIII", body)
        times.append(high << 32 | low)
        packet = body[20 : 20 + size]
        assert size == length == struct.unpack_from(">H", packet, 2)[0]
        assert summed(packet[:20]) == 0xFFFF
        assert packet[12] == packet[16] == 127
        pseudo = packet[12:20] + struct.pack(">BBH", 0, 6, size - 20)
        assert summed(pseudo + packet[20:]) == 0xFFFF
        port, to, sequence, _, _, flags = struct.unpack_from(">HHIIBB", packet, 20)
        key = (packet[12:16], port, to)
        assert expected.setdefault(key, sequence) == sequence
        payload = packet[40:]
        expected[key] = sequence + len(payload) + bool(flags & 0x03)
        said[key] = said.get(key, b"") + payload
    assert times == sorted(times)
    assert times[0] == 1_767_323_045_000_000
    one = next(each for key, each in said.items() if key[2] == 1883 and each.startswith(b"\x10"))
    assert one == b"".join(data for _, way, session, data in FRAMES if (way, session) == (0, 1))
    assert b"garbage" in said.values()
    assert encode(Connack(), 4) in said.values()


def test_a_bundle_without_traces_says_so(tmp_path):
    with (
        open_bundle(finished(tmp_path / "run")) as bundle,
        pytest.raises(KitError, match="no_trace"),
    ):
        list(to_pcapng(bundle))


def test_it_comes_from_a_sealed_bundle_too(watched):
    folder = b""
    with open_bundle(watched) as bundle:
        folder = b"".join(to_pcapng(bundle))
    with open_bundle(seal(watched)) as bundle:
        verify_integrity(bundle)
        assert b"".join(to_pcapng(bundle)) == folder
