import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cqsc_conform.formats.mqtt import (
    Connect,
    Decoder,
    Malformed,
    Pingreq,
    Properties,
    Publish,
    Subscribe,
    Subscription,
    Unsubscribe,
    encode,
)
from cqsc_conform.formats.mqtt.reader import MAX_ENTRIES
from cqsc_conform.formats.mqtt.rules import RULES
from formats.mqtt.made import TO_CLIENT, TO_SERVER, VERSIONS, decoded, packets

LEVELS = st.sampled_from([None, *VERSIONS])
PLACES = st.lists(st.integers(0, 400), max_size=12).map(sorted)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    return [data[a:b] for a, b in pairwise([0, *cuts, len(data)])]


def fed(decoder: Decoder, parts: list[bytes]) -> list[object]:
    return [
        (item, decoder.start, decoder.end)
        for part in parts
        for item in decoder.feed(part)
    ]  # fmt: skip


def decoder(version: int | None, direction=TO_SERVER, **options: int) -> Decoder:
    return Decoder(version, direction if version else TO_SERVER, **options)  # type: ignore[arg-type]


@st.composite
def streams(draw: st.DrawFn) -> tuple[int | None, object, bytes]:
    """Good packets, with some of their octets turned, dropped or replaced."""
    version, direction = (
        draw(st.sampled_from(VERSIONS)),
        draw(st.sampled_from([TO_SERVER, TO_CLIENT])),
    )
    data = bytearray().join(
        encode(each, version) for each in draw(st.lists(packets(version, direction), max_size=5))
    )
    for _ in range(draw(st.integers(0, 4))):
        if data:
            at = draw(st.integers(0, len(data) - 1))
            data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    unknown = direction is TO_SERVER and draw(st.booleans())
    return (None if unknown else version), direction, bytes(data)


@given(st.binary(max_size=200), LEVELS, st.sampled_from([TO_SERVER, TO_CLIENT]))
@example(b"\x30\x00", 4, TO_SERVER)
@example(b"\x30\x80\x80\x80\x80\x01", 4, TO_SERVER)
@example(b"\x10", None, TO_SERVER)
def test_no_octets_crash_the_decoder(data, version, direction):
    one = decoder(version, direction)
    items = list(one.feed(data))
    for item in items:
        if isinstance(item, Malformed):
            assert item.rule in RULES
            assert 0 <= item.start <= item.offset <= len(data)
    one.finish()
    assert one.buffered <= len(data)


@settings(max_examples=60)
@given(streams(), PLACES)
def test_octets_cut_anywhere_give_what_they_give_at_once(stream, cuts):
    version, direction, data = stream
    whole, cut = decoder(version, direction), decoder(version, direction)
    assert fed(cut, pieces(data, cuts)) == fed(whole, [data])
    assert cut.finish() == whole.finish()
    assert cut.version == whole.version


@settings(max_examples=60)
@given(streams())
def test_octets_one_by_one_give_what_they_give_at_once(stream):
    version, direction, data = stream
    single = [data[at : at + 1] for at in range(len(data))]
    assert fed(decoder(version, direction), single) == fed(decoder(version, direction), [data])


@settings(max_examples=60)
@given(streams(), st.binary(max_size=40))
def test_what_follows_a_packet_changes_nothing_in_it(stream, behind):
    # A decoder that read beyond a packet's end would see the difference.
    version, direction, data = stream
    first = fed(decoder(version, direction), [data])
    longer = fed(decoder(version, direction), [data + behind])
    complete = [each for each in first if each[2] <= len(data)]
    assert longer[: len(complete)] == complete


@given(st.data(), st.sampled_from(VERSIONS), st.sampled_from([TO_SERVER, TO_CLIENT]))
def test_a_packet_s_frame_is_its_octets(data, version, direction):
    several = data.draw(st.lists(packets(version, direction), min_size=1, max_size=5))
    stream = b"".join(encode(each, version) for each in several)
    found = fed(decoder(version, direction), [stream])
    assert [stream[start:end] for _, start, end in found] == [encode(e, version) for e in several]


@given(st.lists(st.sampled_from(["a", "b/c", "水/温", "d" * 200]), max_size=30), st.data())
def test_a_topic_said_again_is_decoded_as_the_first_time(names, data):
    version = data.draw(st.sampled_from(VERSIONS))
    qos = data.draw(st.integers(0, 2))
    sent = [Publish(each, b"x", qos, packet_id=7 if qos else None) for each in names]
    stream = b"".join(encode(each, version) for each in sent)
    assert decoded(stream, version, TO_SERVER, cached_topics=2) == sent


@pytest.mark.parametrize("topic", ["a", "水/温", "a\x07", "\ufdd0", "x" * 200, "a b"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", [0, 1])
def test_the_fast_path_finds_what_the_slow_one_finds(topic, version, qos):
    data = encode(Publish(topic, b"1", qos, retain=True, packet_id=9 if qos else None), version)
    single = [data[at : at + 1] for at in range(len(data))]
    slow = fed(decoder(version), single)
    assert fed(decoder(version), [data]) == slow
    assert fed(decoder(version), [data * 2]) == fed(decoder(version), single * 2)


def test_nothing_is_published_before_connect():
    publish = encode(Publish("a", b"1"), 4)
    for items in (decoded(publish * 2, None, TO_SERVER), decoded(publish, None, TO_SERVER)):
        assert {item.rule for item in items} == {"first_packet_not_connect"}


def test_the_version_is_learned_from_connect():
    one = Decoder(None, TO_SERVER)
    five = encode(Connect("a", version=5), 5) + encode(Publish("t", b"1"), 5)
    assert list(one.feed(five)) == [Connect("a", version=5), Publish("t", b"1")]
    assert one.version == 5


def test_towards_a_client_the_version_must_be_known():
    with pytest.raises(ValueError, match=r"^version$"):
        Decoder(None, TO_CLIENT)


def test_what_was_given_must_be_read_before_more_is_fed():
    one = Decoder(4, TO_SERVER)
    given_first = one.feed(b"\xc0\x00\xc0\x00")
    next(given_first)
    with pytest.raises(ValueError, match=r"^unread$"):
        one.feed(b"")
    assert list(given_first) == [Pingreq()]
    assert list(one.feed(b"\xc0\x00")) == [Pingreq()]


def test_the_packet_behind_a_malformed_one_is_found():
    bad = encode(Publish("a/+", b"1"), 4)
    first, second = decoded(bad + b"\xc0\x00", 4, TO_SERVER)
    assert isinstance(first, Malformed)
    assert not first.lost
    assert second == Pingreq()


def test_a_length_without_end_loses_the_stream():
    one = Decoder(4, TO_SERVER)
    (item,) = one.feed(b"\x30\xff\xff\xff\xff\x7f\xc0\x00")
    assert (item.rule, item.lost, item.must_close) == ("remaining_length_too_long", True, True)
    assert list(one.feed(b"\xc0\x00")) == []
    assert one.finish() is None


def test_an_end_inside_a_packet_is_told():
    one = Decoder(4, TO_SERVER)
    assert list(one.feed(b"\xc0\x00\x30\x05\x00")) == [Pingreq()]
    end = one.finish()
    assert end is not None
    assert (end.rule, end.start, end.offset, end.packet_type) == ("stream_ended", 2, 5, 3)
    assert one.finish() is None


def test_a_packet_over_the_cap_is_passed_over_and_the_next_one_found():
    one = Decoder(4, TO_SERVER, max_packet=64)
    large = encode(Publish("t", b"x" * 100), 4)
    for size in (1, 7, 64, 1000):
        parts = pieces(large + b"\xc0\x00", list(range(size, len(large), size)))
        items = [item for part in parts for item in one.feed(part)]
        assert [type(each) for each in items] == [Malformed, Pingreq]
        assert (items[0].rule, items[0].detail) == ("packet_over_cap", str(len(large)))
        assert not items[0].must_close


@pytest.mark.parametrize("size", [62, 63, 64, 65])
def test_the_cap_counts_the_whole_packet(size):
    packet = Publish("t", b"x" * (size - 5))
    data = encode(packet, 4)
    assert len(data) == size
    # The second time the topic is known, and the fast path has to keep the cap as well.
    small = encode(Publish("t"), 4)
    items = decoded(small + data, 4, TO_SERVER, max_packet=64)
    assert isinstance(items[1], Malformed) == (size > 64)


def peak(parts: list[bytes], **options: int) -> int:
    """How much memory decoding takes at most, in octets."""
    one = Decoder(5, TO_SERVER, **options)
    tracemalloc.start()
    try:
        for part in parts:
            for _ in one.feed(part):
                pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_announced_256_mb_is_refused_before_any_of_it_is_kept():
    parts = [b"\x30\xff\xff\xff\x7f", *[bytes(1 << 16)] * 80]
    assert peak(parts) < 64 << 10


def test_octets_that_trickle_in_are_kept_up_to_the_cap_and_no_further():
    cap = 256 << 10
    head = b"\x30" + b"\xf8\xff\x0f"
    parts = [head, *[b"a" * 512] * 1024]
    assert peak(parts, max_packet=cap) < 4 * cap


def test_a_chunk_far_larger_than_the_cap_leaves_nothing_of_it_behind():
    one = Decoder(4, TO_SERVER, max_packet=1024)
    list(one.feed(b"\xc0\x00" * 100_000 + b"\x30"))
    assert one.buffered == 1


def many(count: int) -> list[Subscribe | Unsubscribe | Publish]:
    return [
        Subscribe(1, (Subscription("a"),) * count),
        Unsubscribe(1, ("a",) * count),
        Publish("a", properties=Properties(user_property=(("", ""),) * count)),
    ]


@pytest.mark.parametrize("place", range(3))
def test_the_entries_of_a_packet_are_bounded(place):
    within, beyond = many(MAX_ENTRIES)[place], many(MAX_ENTRIES + 1)[place]
    assert decoded(encode(within, 5), 5, TO_SERVER) == [within]
    (item,) = decoded(encode(beyond, 5), 5, TO_SERVER)
    assert isinstance(item, Malformed)
    assert (item.rule, item.detail) == ("entries_over_cap", str(MAX_ENTRIES))
