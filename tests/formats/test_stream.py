"""Frames of a trace: what is written is read back, cut anywhere; arbitrary bytes never crash."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.stream import (
    EVENT,
    FROM_DEVICE,
    MAX_FRAME,
    Frame,
    FrameWriter,
    StreamFault,
    read_frames,
    varint,
)

FRAMES = st.lists(
    st.builds(
        Frame,
        at=st.integers(0, 2**50),
        direction=st.integers(0, EVENT),
        session=st.integers(0, 2**40),
        data=st.binary(max_size=300),
    ),
    max_size=12,
)


def written(frames: list[Frame]) -> bytes:
    writer = FrameWriter()
    return b"".join(writer.frame(*each) for each in frames)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in itertools.pairwise(edges)]


@given(FRAMES, st.lists(st.integers(0, 5000), max_size=20))
def test_what_is_written_is_read_back_however_it_is_cut(frames, places):
    frames.sort(key=lambda each: each.at)
    assert list(read_frames(cut(written(frames), places))) == frames


@given(FRAMES)
def test_time_never_goes_back(frames):
    times = [each.at for each in read_frames([written(frames)])]
    assert times == sorted(times)


@given(st.binary(max_size=400), st.lists(st.integers(0, 500), max_size=8))
def test_arbitrary_bytes_are_frames_or_a_fault_the_same_however_cut(data, places):
    def read(pieces):
        found = []
        try:
            found.extend(read_frames(pieces))
        except StreamFault as fault:
            return found, fault.code
        return found, None

    whole, fault = read([data])
    assert sum(len(each.data) for each in whole) <= len(data)
    # A generator that fails loses nothing that it gave before: compare frame by frame.
    again, said = read(cut(data, places))
    assert (again, said) == (whole, fault)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x00\x00\x01\x05ab", "ended"),
        (b"\x00\x03\x01\x00", "direction"),
        (b"\xff" * 12, "varint"),
        (b"\x00\x00\x01" + varint(MAX_FRAME + 1), "too_long"),
        (b"\x00", "ended"),
    ],
)
def test_a_fault_is_named(data, code):
    with pytest.raises(StreamFault) as caught:
        list(read_frames([data]))
    assert caught.value.code == code


def test_a_writer_writes_only_what_can_be_read():
    with pytest.raises(StreamFault, match="direction"):
        FrameWriter().frame(0, 3, 1, b"")
    with pytest.raises(StreamFault, match="too_long"):
        FrameWriter().frame(0, FROM_DEVICE, 1, bytes(MAX_FRAME + 1))
