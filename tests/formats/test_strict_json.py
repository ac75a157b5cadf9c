import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.strict_json import JsonFault, json_faults, read_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
pieces = st.lists(
    st.sampled_from(
        [
            *b'[ ] { } , : " \\ \\" \\u \\ud83d \\ude00 0 1 12 -1 . 1e3 1e400 a e true NaN'.split(),
            *(b" ", b"\n", b"\xff", b"\xe4\xb8\xad", b"\x00", b'"a"', b'"b":', b"\xef\xbb\xbf"),
        ]
    ),
    max_size=14,
).map(b"".join)


def code_of(data: bytes, *, max_depth: int = 64, max_bytes: int = 2**23) -> tuple[str, int]:
    with pytest.raises(JsonFault) as raised:
        read_json(data, max_depth=max_depth, max_bytes=max_bytes)
    return raised.value.code, raised.value.offset


@given(json_values, st.booleans())
def test_what_json_writes_is_read_back_and_has_no_fault(value: object, escaped: bool) -> None:
    data = json.dumps(value, ensure_ascii=escaped).encode()
    if not json_faults(data):
        assert read_json(data) == value


@given(st.text(max_size=40).filter(str.isprintable))
def test_chinese_charsets_are_read(text: str) -> None:
    data = json.dumps({"名称": text}, ensure_ascii=False)
    assert read_json(data.encode("gb18030"), charset="GB18030") == {"名称": text}


def test_forerunners_of_gb_18030_are_read_and_others_refused() -> None:
    # In GBK the second byte of a character may be a backslash or a bracket.
    data = '{"a":"乗梉誠"}'
    assert b"\\" in data.encode("gbk")
    assert read_json(data.encode("gbk"), charset="gbk") == {"a": "乗梉誠"}
    for charset, body in (("big5", b"{}"), ("gbk", b'"\xff"'), ("", b"{}")):
        with pytest.raises(JsonFault) as raised:
            read_json(body, charset=charset)
        assert raised.value.code == "charset"
        assert json_faults(body, charset=charset)[0].code == "charset"


def test_integers_stay_exact() -> None:
    big = int("9" * 1000)
    assert read_json(str(big).encode()) == big
    assert read_json(b"18446744073709551617") == 2**64 + 1


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", ("syntax", 0)),
        (b"[1,]", ("syntax", 3)),
        (b"nul", ("syntax", 3)),
        (b"NaN", ("syntax", 0)),
        (b"\xef\xbb\xbf{}", ("bom", 0)),
        (b'{"a":"\xff"}', ("utf8", 6)),
        (b'["\xed\xa0\x80"]', ("utf8", 2)),
        (b'"\\ud800"    ', ("surrogate", 1)),
        (b"1e4000000", ("exponent", 1)),
        (b"[1.5E-0000309]", ("exponent", 4)),
        (b"1e" + b"9" * 900, ("exponent", 1)),
        (b"9" * 400 + b".5", ("number_range", 0)),
        (b"9e308", ("number_range", 0)),
        (b"1" * 1001, ("number_long", 0)),
        (b"[" + b"1" * 5000 + b"]", ("number_long", 1)),
        (b"[0." + b"1" * 5000 + b"]", ("number_long", 3)),
        (b"[" * 65 + b"]" * 65, ("too_deep", 64)),
        (b'{"a":' * 65 + b"1" + b"}" * 65, ("too_deep", 320)),
    ],
)
def test_the_first_fault_is_named(data: bytes, fault: tuple[str, int]) -> None:
    assert code_of(data) == fault


def test_brackets_and_numbers_in_strings_are_no_structure() -> None:
    text = "[{" * 100 + '\\"' + "1" * 2000 + " 550e8400 1e999"
    data = json.dumps([text, {"k[[": text}]).encode()
    assert read_json(data) == [text, {"k[[": text}]
    assert json_faults(data) == ()


def test_depth_counts_nesting_and_not_brackets() -> None:
    wide = b"[" + b",".join([b"[]"] * 1000) + b"]"
    assert len(read_json(wide)) == 1000
    assert read_json(b"[" * 64 + b"]" * 64)
    assert code_of(b"[[[]]]", max_depth=2) == ("too_deep", 2)


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'{"[":' * 200_000,
        b"[" * 500_000 + b"]" * 500_000,
        b'"' * 1_000_000,
        b"\\" * 1_000_000,
        b'"' + b"\\" * 1_000_000,
        b"1" * 1_000_000,
        b"1e" + b"9" * 1_000_000,
        b"[" + b"9" * 1000 + b"," + b"1e" * 400_000,
    ],
)
def test_bombs_are_refused_in_bounded_memory(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        code_of(bomb)
        assert json_faults(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * len(bomb)


def test_what_is_too_large_is_not_looked_at() -> None:
    assert code_of(b" " * 11, max_bytes=10) == ("too_large", 10)
    assert json_faults(b" " * 11, max_bytes=10) == (JsonFault("too_large", 10),)


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b'{"a":1,"a":2}', [("duplicate_name", 7)]),
        (b'{"a":1,"\\u0061":2}', [("duplicate_name", 7)]),
        ('{"😀":1,"\\ud83d\\ude00":2}'.encode(), [("duplicate_name", 10)]),
        (b'{"/":1,"\\/":2}', [("duplicate_name", 7)]),
        (b'[{"a":1},{"a":1}]', []),
        (b'{"a":{"a":1}}', []),
        (b"[NaN,Infinity,-Infinity]", [("not_finite", n) for n in (1, 5, 14)]),
        (b'["\\ud800","\\udc00","\\ud83d\\ude00"]', [("surrogate", 2), ("surrogate", 11)]),
        (b'"\\\\ud800"', []),
        (b"\xef\xbb\xbf[]", [("bom", 0)]),
        (b'["\xff","\x01"]', [("utf8", 2), ("control_character", 6)]),
        (b"[9e308,1e-308,0e5,0.0]", [("number_range", 1)]),
        (b"[1e-308,4e-308,0." + b"0" * 400 + b"1]", [("number_range", 15)]),
        (b"1" + b"0" * 400, [("number_range", 0)]),
        (b"1e4000000", [("exponent", 0)]),
        (b"1" * 1001, [("number_long", 0)]),
        (b'{"a":1 "b":2}', [("syntax", 7)]),
        (b"[1,]", [("syntax", 3)]),
        (b'{"a":1,}', [("syntax", 7)]),
        (b"[01]", [("syntax", 2)]),
        (b"[1.]", [("syntax", 2)]),
        (b'"\\q"', [("syntax", 1)]),
        (b'"\\u12"', [("syntax", 1)]),
        (b"[]x", [("syntax", 2)]),
        (b"", [("syntax", 0)]),
        (b"[" * 70, [("too_deep", 64)]),
    ],
)
def test_the_strict_pass_lists_faults(data: bytes, faults: list[tuple[str, int]]) -> None:
    assert [(fault.code, fault.offset) for fault in json_faults(data)] == faults


def test_the_list_of_faults_is_bounded() -> None:
    assert len(json_faults(b"[" + b"NaN," * 1000 + b"1]", limit=7)) == 7


@given(pieces | st.binary(max_size=40))
def test_bytes_without_a_fault_are_read_and_unread_bytes_have_one(data: bytes) -> None:
    faults = json_faults(data)
    try:
        value = read_json(data)
    except JsonFault:
        assert faults
    else:
        assert not {fault.code for fault in faults} & {"syntax", "utf8", "bom", "surrogate"}
        if not faults:
            assert json.loads(data) == value


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "gbk", "gb18030", "x"]))
def test_any_bytes_get_an_answer(data: bytes, charset: str) -> None:
    assert isinstance(json_faults(data, charset=charset), tuple)
    try:
        read_json(data, charset=charset)
    except JsonFault as fault:
        assert fault.offset >= 0  # noqa: PT017 - either way is right
        assert fault.code  # noqa: PT017 - either way is right
