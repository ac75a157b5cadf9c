"""Device streams against bare loops: medians of five, in one run, the floor measured beside.

``python benchmarks/streams.py`` prints a table: telemetry judged with all checks of the profile,
packets received, decoded and kept over a real socket, 2,000 devices at once.  With
``--capture 1000000`` it also judges a recording of so many messages in a process of its own and
tells the most memory that it held.  All traffic stays on loopback.
"""

import argparse
import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import jsonschema_rs
import msgspec

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from mqtt_codec import bare  # noqa: E402

from cqsc_conform.bundle.streams import StreamWriter  # noqa: E402
from cqsc_conform.cli.assemble import bench_of, prepare  # noqa: E402
from cqsc_conform.cli.world import SystemClock, SystemEntropy  # noqa: E402
from cqsc_conform.drivers.mqtt_mask import Mask  # noqa: E402
from cqsc_conform.drivers.mqtt_peer import MqttPeer  # noqa: E402
from cqsc_conform.drivers.redact import Redactor  # noqa: E402
from cqsc_conform.engine.judge import Observed, by_step, judge  # noqa: E402
from cqsc_conform.engine.plan import Choices  # noqa: E402
from cqsc_conform.formats.mqtt import Connack, Connect, Publish, encode  # noqa: E402
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter  # noqa: E402
from cqsc_conform.model.ask import PeerAsk  # noqa: E402
from cqsc_conform.model.evidence import Trace  # noqa: E402
from cqsc_conform.model.target import Endpoint  # noqa: E402
from cqsc_conform.resources import reference_targets_root  # noqa: E402
from helpers.measure import run_measured  # noqa: E402 - found through the line above

TIMES = 5
JUDGED = 20_000
SENT = 400_000
PACKET = 128
DEVICES, EACH, OVER = 2_000, 10, 10.0
CHUNK = 1 << 16
BEGIN = datetime(2026, 6, 1, 4, tzinfo=UTC).timestamp()
EAST = timezone(timedelta(hours=8))
QUANTITIES = (
    ("temperature", 23.5, "Cel"), ("humidity", 61.2, "%"), ("pm2_5", 35, "ug/m3"),
    ("pm10", 51, "ug/m3"), ("noise", 52.7, "dB"), ("wind_speed", 3.4, "m/s"),
)  # fmt: skip
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "device", "time", "seq", "readings"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "device": {"type": "string", "pattern": "^[0-9A-Za-z][0-9A-Za-z._:-]{2,62}$"},
        "time": {"type": "string", "pattern": "^[0-9-]{10}T[0-9:]{8}([.][0-9]+)?[+][0-9:]{5}$"},
        "seq": {"type": "integer", "minimum": 0},
        "backfill": {"type": "boolean"},
        "readings": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "properties": {
                    "name": {"type": "string"},
                    "value": {"type": "number"},
                    "unit": {"enum": ["Cel", "%", "ug/m3", "dB", "m/s"]},
                    "quality": {"enum": ["good", "uncertain", "bad"]},
                },
            },
        },
    },
}


def seconds(act: Callable[[], object]) -> float:
    """Time one call."""
    gc.collect()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def told(device: str, number: int, at: float) -> bytes:
    """Make a message of some 500 bytes."""
    readings = [
        {"name": name, "value": round(value + number % 50 / 10, 1), "unit": unit, "quality": "good"}
        for name, value, unit in QUANTITIES
    ]
    moment = datetime.fromtimestamp(at, EAST).isoformat(timespec="milliseconds")
    message = {"id": f"{device}-{number:x}", "device": device, "time": moment, "seq": number}
    return msgspec.json.encode(message | {"readings": readings, "backfill": False})


def target_in(folder: Path, interval: float) -> Path:
    """Write the reference device's target file with real seconds."""
    text = (reference_targets_root() / "device.yaml").read_text(encoding="utf-8")
    text = text.replace("time_scale: 0.01", "time_scale: 1")
    path = folder / "device.yaml"
    path.write_text(
        text.replace("interval_seconds: 10", f"interval_seconds: {interval:g}"), "utf-8"
    )
    return path


def judging() -> tuple[float, float, int]:
    """Give seconds a message of judging by all checks, of decoding and validating, and its size."""
    device = "500103-AQ-0001"
    topic = f"cqsc/500103/{device}/telemetry"
    gap = 200 / JUDGED
    payloads = [told(device, number, BEGIN + number * gap) for number in range(JUDGED)]
    writer, stream = FrameWriter(), bytearray()
    stream += writer.frame(0, EVENT, 1, b'{"event":"accepted"}')
    stream += writer.frame(0, FROM_DEVICE, 1, encode(Connect(device), 4))
    stream += writer.frame(0, FROM_KIT, 1, encode(Connack(), 4))
    for number, payload in enumerate(payloads):
        packet = encode(Publish(topic, payload), 4)
        stream += writer.frame(round((number + 0.5) * gap * 1e6), FROM_DEVICE, 1, packet)
    data = bytes(stream)
    trace = Trace(
        id="iot.watch/trace.1", kind="mqtt", vantage="peer", endpoint="device",
        since=datetime.fromtimestamp(BEGIN, UTC).isoformat(), seconds=200.0, packets=JUDGED + 1,
        sessions=1, ended="deadline", facts={"packet_bytes": 1 << 18},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        setup = prepare(target_in(Path(place), gap), (), Choices(level=3))
    bench = bench_of(setup.plan, setup.library)
    validator = jsonschema_rs.validator_for(SCHEMA)
    decode = msgspec.json.Decoder().decode

    def kit() -> None:
        pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
        seen = Observed(by_step({trace.id: trace}), streams=lambda _: iter(pieces))
        rows = list(judge(setup.plan, (seen,), bench))
        if sum(row.verdict.outcome.value == "pass" for row in rows) < 15:
            sys.exit("the messages are not those of a right device")

    def floor() -> None:
        for payload in payloads:
            if not validator.is_valid(decode(payload)):
                sys.exit("the schema is wrong")

    pairs = [(seconds(kit), seconds(floor)) for _ in range(TIMES)]
    mine, least = (statistics.median(each) / JUDGED for each in zip(*pairs, strict=True))
    return mine, least, len(payloads[-1])


SENDER = """
import socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
first, packet, last = map(bytes.fromhex, sys.argv[3:])
line = socket.create_connection(("127.0.0.1", port))
line.sendall(first)
line.recv(4)
for _ in range(count // 512):
    line.sendall(packet * 512)
line.sendall(last)
line.recv(4)
"""


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def watch(port: int, folder: Path, act: Callable[[], object]) -> tuple[Trace, list[float]]:
    """Watch while something is done; gives the trace, and when each piece of it was kept."""
    endpoints = {"device": Endpoint(url=f"mqtt://127.0.0.1:{port}")}
    peer = MqttPeer(endpoints, Path(), SystemClock(), Mask(Redactor((), b"key")))
    ask = PeerAsk("a/b.1", "device", seconds=600, wait=60, max_packets=10_000_000)
    writer, kept, over = StreamWriter(folder, SystemEntropy()), [], threading.Event()
    found: list[Trace] = []

    def sink(data: bytes) -> None:
        writer.append(data)
        kept.append(time.perf_counter())

    def run() -> None:
        found.append(peer.peer(ask, sink, over.is_set))  # type: ignore[arg-type]

    watching = threading.Thread(target=run)
    watching.start()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.01)
    act()
    over.set()
    watching.join()
    writer.close()
    return found[0], kept


def receiving() -> tuple[float, float]:
    """Give seconds a packet of receiving, decoding and keeping, and of a bare decode loop."""
    topic = "cq/device-0001/telemetry"
    packet = encode(Publish(topic, b"x" * (PACKET - 4 - len(topic))), 4)
    whole = packet * SENT
    chunks = [whole[at : at + CHUNK] for at in range(0, len(whole), CHUNK)]

    def kit() -> float:
        port = free_port()
        words = [encode(Connect("d"), 4), packet, b"\xe0\x00"]
        command = [sys.executable, "-c", SENDER, str(port), str(SENT)]
        with tempfile.TemporaryDirectory() as place:
            trace, kept = watch(
                port,
                Path(place),
                lambda: subprocess.run([*command, *(each.hex() for each in words)], check=True),
            )
        if trace.packets < SENT // 512 * 512:
            sys.exit(f"{trace.packets} packets were kept")
        # From the first piece kept to the last full one; what the watch's end adds is left out.
        return (kept[-2] - kept[0]) / SENT * len(kept) / (len(kept) - 2)

    pairs = [(kit(), seconds(lambda: bare(chunks, 4)) / SENT) for _ in range(TIMES)]
    mine, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    return mine, floor


def fleet() -> tuple[int, float]:
    """Give how many answers 2,000 devices got, and the longest that one of them waited."""
    said: list[bytes] = []
    port = free_port()
    script = ROOT / "tests" / "helpers" / "fleet.py"
    words = [sys.executable, str(script), str(port), str(DEVICES), str(EACH), str(OVER)]
    with tempfile.TemporaryDirectory() as place:
        watch(port, Path(place), lambda: said.append(subprocess.check_output(words)))
    found = json.loads(said[0])
    return found["answered"], found["longest"]


def capture(messages: int) -> tuple[float, float, float]:
    """Give the most MiB held while a recording is judged, its size in MiB, and the seconds."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = folder / "large.ndjson"
        with path.open("wb") as file:
            for number in range(messages):
                device, count = f"500103-AQ-{number % DEVICES:04}", number // DEVICES
                at = BEGIN + number * 201 / messages
                moment = datetime.fromtimestamp(at, EAST).isoformat(timespec="milliseconds")
                row = {
                    "topic": f"cqsc/500103/{device}/telemetry",
                    "time": moment,
                    "payload": told(device, count, at).decode(),
                }
                file.write(msgspec.json.encode(row) + b"\n")
        interval = 201 / messages * DEVICES
        command = [sys.executable, "-m", "cqsc_conform", "run", str(target_in(folder, interval))]
        command += ["--capture", str(path), "-o", str(folder / "run")]
        found = run_measured(command, 3600, env={**os.environ, "PYTHONPATH": str(ROOT)})
        if found.returncode not in {0, 1, 3}:
            sys.exit(found.stderr.decode())
        return found.peak_rss_mb, path.stat().st_size / 2**20, found.seconds


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--capture", type=int, default=0, metavar="MESSAGES")
    asked = parser.parse_args()
    print("| what | kit | floor | floor alone | ratio | bound |\n|---|---|---|---|---|---|")
    mine, floor, size = judging()
    print(
        f"| telemetry of {size} bytes, all checks | {mine * 1e6:.1f} µs a message "
        f"| msgspec + jsonschema-rs | {floor * 1e6:.1f} µs | {floor / mine:.2f} | >= 0.5 |"
    )
    mine, floor = receiving()
    print(
        f"| {PACKET} octets received, decoded, kept | {mine * 1e6:.2f} µs a packet "
        f"| bare decode loop | {floor * 1e6:.2f} µs | {floor / mine:.2f} | >= 0.3 |"
    )
    answered, longest = fleet()
    wanted = DEVICES * (EACH + 1)
    print(
        f"| {DEVICES} devices, {EACH} messages each in {OVER:g} s | {answered} answers "
        f"| all of them | {wanted} | longest wait {longest * 1000:.0f} ms | 1 s |"
    )
    if asked.capture:
        peak, size_mb, took = capture(asked.capture)
        print(
            f"| a recording of {asked.capture} messages, {size_mb:.0f} MiB, run to sealed bundle "
            f"| {peak:.0f} MiB | | | {took:.0f} s | < 300 MiB |"
        )


if __name__ == "__main__":
    main()
