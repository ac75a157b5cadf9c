"""The short ways over PUBLISH: they find what the decoder finds, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    MQTT_5,
    Decoder,
    Direction,
    Malformed,
    Pingreq,
    Properties,
    Publish,
    encode,
)

CAP = 400
CALM = frozenset({b"t/a", "t/溪".encode()})
PUBLISHES = st.builds(
    Publish,
    st.sampled_from(["t/a", "t/溪", "t/b"]),
    st.binary(max_size=9) | st.sampled_from([bytes(100), bytes(130), bytes(500)]),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([False, False, True]),
).map(lambda each: each if not each.qos else Publish(each.topic, each.payload, 1, packet_id=9))
PACKETS = st.lists(PUBLISHES | st.just(Pingreq()), max_size=8)
ODD = st.sampled_from(
    [b"", b"\x30", b"\x30\x00", b"\x30\x80", b"\x30\x80\x00", b"\x30\xff\xff\xff\xff\x01",
     b"\x36\x05\x00\x03t/a",
     b"\x38\x05\x00\x03t/a", b"\x30\x03\x00\x09t", b"\x30\x05\x00\x03t/+", b"\x30\x83\x00\x00\x01t"]
)  # fmt: skip


def whole(data: bytes, version: int) -> list[object]:
    decoder = Decoder(version, Direction.TO_SERVER, max_packet=CAP)
    return [(decoder.start, decoder.end, each) for each in decoder.feed(data)]


def in_pieces(data: bytes, version: int, cuts: list[int]) -> list[object]:
    """Read as a connection does: skim what is calm, feed the rest."""
    decoder = Decoder(version, Direction.TO_SERVER, max_packet=CAP)
    found: list[object] = []
    held, base, at = b"", 0, 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        piece, at = held + data[at:cut], cut
        stops, unfinished = decoder.skim(piece, CALM)
        begin = 0
        for stop in stops:
            (packet,) = Decoder(version, Direction.TO_SERVER).feed(piece[begin:stop])
            found.append((base + begin, base + stop, packet))
            begin = stop
        held = piece[begin:] if unfinished else b""
        base += begin if unfinished else len(piece)
        if not unfinished:
            found += [(decoder.start, decoder.end, each) for each in decoder.feed(piece[begin:])]
    return found


@pytest.mark.parametrize("version", [MQTT_3_1_1, MQTT_5])
@given(packets=PACKETS, odd=ODD, cuts=st.lists(st.integers(0, 4000), max_size=5))
def test_skimming_finds_what_feeding_finds(version, packets, odd, cuts):
    data = b"".join(encode(each, version) for each in packets) + odd
    found = in_pieces(data, version, cuts)
    for one, other in zip(found, whole(data, version), strict=True):
        if isinstance(other[2], Malformed):
            # Where a stream is lost, later pieces are not looked at: the fault is the same.
            assert one[2].rule == other[2].rule
        else:
            assert one == other


@pytest.mark.parametrize("version", [MQTT_3_1_1, MQTT_5])
@given(packet=PUBLISHES, odd=ODD)
def test_a_plain_publish_is_what_feeding_finds(version, packet, odd):
    for data in (encode(packet, version), odd, encode(packet, version) + odd):
        plain = Decoder(version, Direction.TO_SERVER, max_packet=CAP).plain(data)
        if plain is not None:
            assert [plain] == list(Decoder(version, Direction.TO_SERVER, max_packet=CAP).feed(data))
    if len(packet.payload) < CAP:
        assert Decoder(version, Direction.TO_SERVER).plain(encode(packet, version)) == packet


def test_properties_and_unread_octets_are_not_skimmed():
    decoder = Decoder(MQTT_5, Direction.TO_SERVER)
    told = encode(Publish("t/a", b"x", properties=Properties(content_type="a")), MQTT_5)
    assert decoder.skim(told, CALM) == ([], False)
    assert decoder.plain(told) is None
    list(decoder.feed(b"\x30\x09\x00"))
    assert decoder.skim(told, CALM) == ([], False)
    assert decoder.plain(told) is None
