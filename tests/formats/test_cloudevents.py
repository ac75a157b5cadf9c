"""Reading CloudEvents off HTTP messages, hostile ones too."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.cloudevents import attribute_fault, keys_of, read_message
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.model.evidence import Body

ONE = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": {"a": 1}}
STRUCTURED = (("Content-Type", "application/cloudevents+json; charset=UTF-8"),)
BATCHED = (("content-type", "Application/CloudEvents-Batch+JSON"),)
BINARY = (
    ("Content-Type", "application/json"),
    ("CE-SpecVersion", "1.0"),
    ("ce-id", "1"),
    ("ce-source", "/s"),
    ("ce-type", "t"),
    ("ce-note", "%E6%B5%8B"),
)


def body(said: object) -> Body:
    return Body.of(json.dumps(said).encode())


def test_the_three_modes():
    one = read_message(STRUCTURED, body(ONE))
    many = read_message(BATCHED, body([ONE, ONE | {"id": "2"}]))
    bare = read_message(BINARY, body({"a": 1}))
    assert (one.mode, one.fault, one.events[0].data) == ("structured", None, {"a": 1})
    assert (many.mode, many.fault, [each.key[1] for each in many.events]) == (
        "batched", None, ["1", "2"],
    )  # fmt: skip
    assert (bare.mode, bare.fault, bare.events[0].data) == ("binary", None, {"a": 1})
    assert bare.events[0].attributes["note"] == "测"
    assert bare.events[0].attributes["datacontenttype"] == "application/json"


def test_an_empty_batch_is_one():
    assert read_message(BATCHED, body([])).fault is None


def test_null_is_absence_and_data_may_be_missing():
    event = read_message(STRUCTURED, body({"id": "1", "subject": None})).events[0]
    assert event.attributes == {"id": "1"}
    assert event.data is MISSING


def test_a_wrong_media_type_does_not_hide_the_event():
    found = read_message((("Content-Type", "application/json"),), body(ONE))
    assert (found.mode, found.fault, found.events[0].key) == ("none", "media_type", ("/s", "1"))


def test_repeats_of_an_event_have_one_key():
    assert keys_of(STRUCTURED, body(ONE)) == keys_of(BATCHED, body([ONE, ONE]))


def test_batches_without_end_are_bounded():
    assert len(read_message(BATCHED, body([ONE] * 5000)).events) == 1000


@pytest.mark.parametrize("said", [b"", b"null", b"1", b'"x"', b"[1,2]", b"\xff", b"{" * 5000])
def test_what_is_no_event_has_no_event(said):
    for headers in ((), STRUCTURED, BATCHED):
        found = read_message(headers, Body.of(said))
        assert found.events == ()
        assert found.fault is not None


NAMES = st.sampled_from(["id", "source", "specversion", "type", "time", "subject", "a", "A", ""])
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.just({"a": []})


@given(st.dictionaries(NAMES, VALUES), st.sampled_from([STRUCTURED, BATCHED, BINARY, ()]))
def test_no_message_is_too_odd_to_be_read(said, headers):
    for event in read_message(headers, body(said)).events:
        fault = attribute_fault(event)
        assert fault is None or fault[1]
