"""A recording in the place of a device: what is read from it, and what is refused at its line."""

import base64
import json
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cqsc_conform.cli.world import SystemClock
from cqsc_conform.drivers.mqtt_capture import CaptureFile
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import KitError
from cqsc_conform.formats.device import Event, Topics, read_events
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.formats.stream import read_frames
from cqsc_conform.model.ask import ObserveAsk, PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.probe import Act, Command
from drivers.mqtt_world import OPERATIONS

MASK = Mask(Redactor((), b"key"))
ASK = PeerAsk(id="iot.watch/trace.1", endpoint="device", seconds=60, wait=1, max_packets=10)
TOPIC = "cqsc/500112/d-1/telemetry"


def line(**changes: Any) -> str:
    return json.dumps({"topic": TOPIC, "payload": "{}", "time": 1_767_225_600} | changes)


def read(path: Path, ask: PeerAsk = ASK) -> tuple[Trace | Unobserved, list[Event]]:
    stream = bytearray()
    found = CaptureFile(path, SystemClock(), MASK).peer(ask, stream.extend, lambda: False)
    events = read_events(
        read_frames([bytes(stream)]), ask.id, Topics(OPERATIONS), since=0.0, version=4
    )
    return found, list(events)


def test_a_file_stands_for_an_observer_too(tmp_path):
    path = tmp_path / "c.ndjson"
    path.write_text(line() + "\n", encoding="utf-8")
    ask = ObserveAsk(
        id=ASK.id, endpoint="broker", identity="default", filters=("#",), seconds=60, wait=1,
        max_packets=10,
    )  # fmt: skip
    found = CaptureFile(path, SystemClock(), MASK).observe(ask, bytearray().extend, lambda: False)
    assert isinstance(found, Trace)
    assert (found.vantage, found.endpoint, found.packets) == ("capture", "broker", 1)
    scripted = msgspec.structs.replace(ask, script=(Command(topic="t", after=1.0),))
    file = CaptureFile(path, SystemClock(), MASK)
    seen = file.observe(scripted, bytearray().extend, lambda: False)
    assert isinstance(seen, Unobserved)
    assert seen.code == "mqtt.capture_script"


def test_messages_are_read_as_a_trace(tmp_path):
    path = tmp_path / "c.ndjson"
    rows = [
        line(payload='{"a": 1}', time="2026-01-01T08:00:00+08:00"),
        "",
        line(payload={"a": 1.50}, time=1_767_225_601.5, qos=1, retain=True),
        line(
            payload=None, payload_base64=base64.b64encode(b"\xff").decode(), time=1_767_225_603_000
        ),
        line(time=1_767_225_602),
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    trace, events = read(path)
    assert isinstance(trace, Trace)
    assert (trace.vantage, trace.since) == ("capture", "2026-01-01T00:00:00.000Z")
    assert (trace.packets, trace.seconds, trace.ended) == (4, 3.0, "file")
    assert trace.facts["out_of_order"] == 1
    assert [each.at for each in events] == [0.0, 1.5, 3.0, 3.0]
    assert [each.message.payload for each in events] == [b'{"a": 1}', b'{"a": 1.5}', b"\xff", b"{}"]
    assert [(each.message.qos, each.message.retain) for each in events[:2]] == [
        (0, False),
        (1, True),
    ]
    assert events[0].message.operation == "telemetry"


def test_a_payload_that_is_json_is_kept_as_it_is_written(tmp_path):
    path = tmp_path / "c.ndjson"
    odd = b'{ "a": 1.50, "a": 1E2 }'
    path.write_bytes(b'{"topic": "t", "time": 1, "payload": ' + odd + b"}\n")
    assert read(path)[1][0].message.payload == odd


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        ("{", "shape"),
        ("[]", "shape"),
        ('{"topic": "t"}', "payload"),
        ('{"topic": "t", "payload": "{}"}', "time"),
        ('{"time": 1, "payload": "{}"}', "shape"),
        ('{"topic": "t", "time": NaN, "payload": "{}"}', "shape"),
        ('{"topic": "t", "time": 1, "payload": {"a": NaN}}', "shape"),
        ('{"topic": "t", "time": 1, "time": 2, "payload": "{}"}', "twice"),
        ('{"topic": "t", "time": 1, "payload": "{}", "\\u0074opic": "u"}', "twice"),
        (line(time=1e300), "time"),
        (line()[:-9], "shape"),
        (line(qos=3), "qos"),
        (line(time="yesterday"), "time"),
        (line(time="2026-01-01T08:00:00"), "time"),
        (line(time=-1), "time"),
        (line(payload_base64="eA=="), "payload"),
        (line(payload=None, payload_base64="%"), "payload"),
        (line(topic="x" * 70_000), "payload"),
        (line(payload="x" * 2**20), "too_long"),
    ],
)
def test_a_bad_line_is_told_at_its_place(tmp_path, bad, part):
    path = tmp_path / "c.ndjson"
    path.write_text(f"{line()}\n{bad}\n", encoding="utf-8")
    with pytest.raises(KitError) as caught:
        read(path)
    assert (caught.value.code, caught.value.args_["part"]) == ("mqtt.capture_line", part)
    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        (b'{"topic": "t\xff", "time": 1, "payload": "{}"}', "shape"),
        (b'{"topic": "t", "time": 1, "payload": "\xff"}', "payload"),
        (b'{"topic": "t", "time": 1, "payload": "' + b"x" * 50_000_000, "too_long"),
    ],
)
def test_bytes_that_are_no_text_or_too_many_are_told_at_their_place(tmp_path, bad, part):
    path = tmp_path / "c.ndjson"
    path.write_bytes(line().encode() + b"\n" + bad)
    tracemalloc.start()
    try:
        with pytest.raises(KitError) as caught:
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (caught.value.where, caught.value.args_["part"]) == (f"{path}:2", part)
    assert peak < 8 * 2**20


def test_what_windows_writes_is_read_too(tmp_path):
    path = tmp_path / "c.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + f"{line()}\r\n\r\n{line()}\r\n".encode())
    trace, events = read(path)
    assert (trace.packets, len(events)) == (2, 2)


@pytest.mark.parametrize(
    ("begins", "what"), [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "zip"), (b"\xff\xfe", "UTF-16")]
)
def test_what_is_packed_is_refused_by_its_name(tmp_path, begins, what):
    path = tmp_path / "c.ndjson"
    path.write_bytes(begins + line().encode())
    with pytest.raises(KitError) as caught:
        read(path)
    assert (caught.value.code, caught.value.args_["what"]) == ("mqtt.capture_packed", what)


def test_times_from_1970_to_2106_are_kept_in_one_trace(tmp_path):
    path = tmp_path / "c.ndjson"
    rows = [line(time=0), line(time="2106-02-07T06:28:16Z"), line(time=5), line(time=4_294_967_297)]
    path.write_text("\n".join(rows))
    trace, events = read(path)
    assert (trace.since, trace.seconds) == ("1970-01-01T00:00:00.000Z", 4_294_967_297.0)
    assert [each.at for each in events] == [0.0, 2.0**32, 2.0**32, 2.0**32 + 1]
    assert trace.facts["out_of_order"] == 1


def test_a_secret_in_a_recording_is_masked_and_told(tmp_path):
    path = tmp_path / "c.ndjson"
    told = line(payload=json.dumps({"a": "planted-secret"}))
    path.write_text(f"{line()}\n{told}\n")
    mask = Mask(Redactor((Secret("token", b"planted-secret"),), b"key"))
    stream = bytearray()
    trace = CaptureFile(path, SystemClock(), mask).peer(ASK, stream.extend, lambda: False)
    assert b"planted" not in stream
    assert trace.facts["masked"] == 1
    events = list(read_events(read_frames([bytes(stream)]), "a", Topics({}), since=0.0, version=4))
    assert [(each.kind, each.masked) for each in events] == [
        ("publish", False),
        ("masked", False),
        ("publish", True),
    ]
    assert events[2].message.json == {"a": "*" * 14}
    assert events[1].note["spans"][0]["name"] == "token"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(KitError, match="capture_unreadable"):
        read(tmp_path / "none")


def test_an_empty_file_and_a_script_show_nothing(tmp_path):
    path = tmp_path / "c.ndjson"
    path.write_text("\n")
    assert read(path)[0].code == "mqtt.capture_empty"
    script = PeerAsk("a/b.1", "device", 1, 1, 1, script=(Act(act="cut", after=1),))
    assert read(path, script)[0].code == "mqtt.capture_script"


def test_a_large_file_is_read_in_bounded_memory(tmp_path):
    path = tmp_path / "c.ndjson"
    row = line(payload="x" * 400) + "\n"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(60):
            file.write(row * 1000)
    size = 0

    def sink(data: bytes) -> None:
        nonlocal size
        size += len(data)

    tracemalloc.start()
    try:
        trace = CaptureFile(path, SystemClock(), MASK).peer(ASK, sink, lambda: False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert trace.packets == 60_000
    assert size > 60_000 * 400
    assert peak < 4 * 2**20
