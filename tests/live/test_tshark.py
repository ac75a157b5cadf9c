"""Wireshark's own decoder reads an exported trace as the MQTT that it was."""

import os
import subprocess
from pathlib import Path

from bundle.make import Counted, finished
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.pcapng import to_pcapng
from cqsc_conform.bundle.streams import StreamWriter
from cqsc_conform.formats.mqtt import Connack, Connect, Disconnect, Puback, Publish, encode
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter
from cqsc_conform.model.evidence import Trace

TOPIC = "cqsc/500112/d-1/telemetry"
LARGE = b'{"a": "' + b"x" * 70_000 + b'"}'
FRAMES = (
    (0, EVENT, 1, b'{"event":"accepted"}'),
    (10, FROM_DEVICE, 1, encode(Connect("d-1", user_name="*", password=b"**"), 4)),
    (20, FROM_KIT, 1, encode(Connack(), 4)),
    (30, FROM_DEVICE, 1, encode(Publish(TOPIC, b'{"a": 1}'), 4)),
    (35, EVENT, 1, b'{"event":"masked","spans":[]}'),
    (40, FROM_DEVICE, 1, encode(Publish(TOPIC, b'{"a": 2}', 1, packet_id=7), 4)),
    (50, FROM_KIT, 1, encode(Puback(7), 4)),
    (60, EVENT, 2, b'{"event":"accepted"}'),
    (70, FROM_DEVICE, 2, encode(Connect("d-2", version=5), 5)),
    (75, FROM_KIT, 2, encode(Connack(), 5)),
    (80, FROM_DEVICE, 2, encode(Publish("重庆/状态", b"x", 2, retain=True, packet_id=9), 5)),
    (90, FROM_DEVICE, 1, encode(Publish(TOPIC, LARGE), 4)),
    (100, FROM_DEVICE, 1, encode(Disconnect(), 4)),
    (110, EVENT, 1, b'{"event":"closed","why":"disconnect"}'),
)
CONNECT, CONNACK, PUBLISH, PUBACK, DISCONNECT = "1", "2", "3", "4", "14"


def exported(folder: Path) -> Path:
    writer, stream = FrameWriter(), StreamWriter(folder / "run", Counted())
    for frame in FRAMES:
        stream.append(writer.frame(*frame))
    kept = stream.close()
    trace = Trace(
        id="iot.watch/trace.1", kind="mqtt", vantage="peer", endpoint="device",
        since="2026-01-02T03:04:05.000Z", seconds=1.0, packets=7, sessions=2, ended="deadline",
        stream=kept.stream, root=kept.root, chunks=kept.chunks,
    )  # fmt: skip
    with open_bundle(finished(folder / "run", (trace,))) as bundle:
        (folder / "out.pcapng").write_bytes(b"".join(to_pcapng(bundle)))
    return folder / "out.pcapng"


def test_wireshark_reads_the_packets_of_a_trace(tmp_path: Path) -> None:
    fields = ("mqtt.msgtype", "mqtt.topic", "mqtt.qos", "mqtt.retain", "mqtt.msgid")
    shown = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-r", str(exported(tmp_path)), "-Y", "mqtt", "-T", "fields", *shown],
        capture_output=True, timeout=120, check=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [row[0] for row in rows] == [
        CONNECT, CONNACK, PUBLISH, PUBLISH, PUBACK, CONNECT, CONNACK, PUBLISH, PUBLISH, DISCONNECT,
    ]  # fmt: skip
    assert [row[1:4] for row in rows if row[0] == PUBLISH] == [
        [TOPIC, "0", "0"],
        [TOPIC, "1", "0"],
        ["重庆/状态", "2", "1"],
        [TOPIC, "0", "0"],
    ]
    assert [row[4] for row in rows if row[0] == PUBACK] == ["7"]


def test_wireshark_finds_nothing_wrong_in_it(tmp_path: Path) -> None:
    wrong = (
        "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags"
    )
    done = subprocess.run(
        ["tshark", "-r", str(exported(tmp_path)), "-Y", wrong,
         "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
        capture_output=True, timeout=120, check=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.stdout == b""
