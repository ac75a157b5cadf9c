"""The short road for devices' JSON: wherever it answers, it says what the strict one says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.device_json import no_name_twice, plain_json
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.strict_json import JsonFault, json_faults, read_json

TEXT = st.text('ae:0E,"\\{}[]1é\u0001\u4e2d', max_size=6)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
PIECE = st.sampled_from(
    [b"{", b"}", b"[", b"]", b",", b":", b'"', b'"a"', b'"a":', b'"b" :', b'":"', b"1", b"-", b".",
     b"e9", b"E400", b"1e308", b"1e309", b"true", b"NaN", b" ", b"\n", b"\x00", b"\xff", b"\\u0061",
     b"\xef\xbb\xbf", b"0" * 400, b"9" * 330, b'{"a":1}', b'"' + "中".encode() + b'"']
)  # fmt: skip


def agreed(data: bytes) -> None:
    decoded = plain_json(data)
    if decoded is MISSING:
        return
    assert repr(decoded) == repr(read_json(data))
    faults = {each.code for each in json_faults(data)}
    assert faults <= {"duplicate_name"}
    assert no_name_twice(data, decoded) == (not faults)


@given(VALUE)
def test_what_is_written_as_json_is_read_alike(value: Any) -> None:
    agreed(json.dumps(value, ensure_ascii=False).encode())
    agreed(json.dumps(value, indent=1).encode())


@given(st.lists(PIECE, max_size=12).map(b"".join))
def test_what_is_hardly_json_is_read_alike(data: bytes) -> None:
    agreed(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 2}',
        b'{"a" :1,"a":2,"b":":x"}',
        b'{"x": [{"a": 1, "a": 1}, {":": ":"}]}',
        b'{"x": {"y": {"a": [], "a": {}}}}',
        b'[{"a":{},"a":1},{"b":1}]',
    ],
)
def test_a_name_that_stands_twice_is_seen(data: bytes) -> None:
    agreed(data)
    assert not no_name_twice(data, plain_json(data))


@pytest.mark.parametrize(
    "data",
    [b"1e999", b"1e-999", b"[" * 65 + b"]" * 65, b"{}" * 600, b'{"\\u0061": 1}', b"", b"\xff",
     b"0." + b"0" * 400 + b"1", b"9" * 400],
)  # fmt: skip
def test_what_is_doubtful_is_left_to_the_strict_reader(data: bytes) -> None:
    assert plain_json(data) is MISSING


def test_a_device_name_is_no_exponent() -> None:
    data = b'{"device": "device0001", "n": "e000"}'
    assert plain_json(data) == {"device": "device0001", "n": "e000"}
    with pytest.raises(JsonFault):
        read_json(b"1e999")
