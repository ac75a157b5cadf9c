"""Traces for reports: streams made frame by frame, and reports that cite frames of them."""

import datetime as dt
import json
from collections.abc import Iterator

import msgspec
import report_samples as samples
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FROM_KIT, FrameWriter, varint
from cqsc_conform.model.evidence import Evidence, Offered, TlsHandshake, Trace
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.reports.frames import Frames, Streams

ID = "iot/trace.1"
SECOND = 1_000_000
OPERATIONS = {"telemetry": Operation(method="PUBLISH", path="cqsc/{region}/{device}/telemetry")}
TOPIC = "cqsc/500103/d1/telemetry"
Frame = tuple[int, int, int, bytes]


def text(value: str) -> bytes:
    data = value.encode("utf-8", "replace")[:60_000]
    return len(data).to_bytes(2, "big") + data


def packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + varint(len(body)) + body


def connect(client: str, will: str = "cqsc/500103/d1/status") -> bytes:
    return packet(0x10, text("MQTT") + b"\x04\x2e\x00\x3c" + text(client) + text(will) + text("{}"))


def publish(topic: str, payload: bytes | str, number: int = 1, head: int = 0x32) -> bytes:
    data = payload if isinstance(payload, bytes) else payload.encode("utf-8", "replace")
    return packet(head, text(topic) + number.to_bytes(2, "big") + data)


def note(at: int, session: int, event: str, /, **said: object) -> Frame:
    return at, EVENT, session, json.dumps({"event": event, **said}).encode()


def reading(seq: int, *, late: bool = False) -> str:
    said = {"device": "d1", "seq": seq, "backfill": late}
    return json.dumps(said)


def outage() -> list[Frame]:
    """A device, cut off once: it comes back and sends what it kept; then it sends rubbish."""
    frames = [
        note(10, 1, "accepted", peer="127.0.0.1"),
        (20, FROM_DEVICE, 1, connect("d1")),
        (30, FROM_KIT, 1, b"\x20\x02\x00\x00"),
    ]
    for seq in range(1, 9):
        at = seq * SECOND
        frames.append((at, FROM_DEVICE, 1, publish(TOPIC, reading(seq), seq)))
        frames.append((at + 9, FROM_KIT, 1, packet(0x40, seq.to_bytes(2, "big"))))
    frames += [
        note(9 * SECOND, 0, "act", act="cut", seconds=10),
        note(9 * SECOND + 1, 1, "closed", why="cut"),
        note(9 * SECOND + 2, 1, "will", topic="cqsc/500103/d1/status"),
        note(19 * SECOND, 0, "act_over", act="cut"),
        note(19 * SECOND + 5, 2, "accepted"),
        (19 * SECOND + 9, FROM_DEVICE, 2, connect("d1")),
        (19 * SECOND + 10, FROM_KIT, 2, b"\x20\x02\x00\x00"),
        (20 * SECOND, FROM_DEVICE, 2, publish(TOPIC, reading(9, late=True), 9)),
        (21 * SECOND, FROM_DEVICE, 2, publish(TOPIC, reading(10), 10, 0x3B)),
        (22 * SECOND, FROM_DEVICE, 2, packet(0x36, b"\x00\x01t\x00\x01!")),
        note(22 * SECOND, 2, "rejected", rule="qos_3", clause="MQTT-3.3.1-4", at=0),
        note(22 * SECOND + 1, 2, "closed", why="malformed"),
    ]
    return frames


def fleet(devices: int, rounds: int) -> list[Frame]:
    """Devices that speak at the same time, in turn."""
    frames = [note(each, each, "accepted") for each in range(1, devices + 1)]
    frames += [(100 + each, FROM_DEVICE, each, connect(f"d{each}"))
               for each in range(1, devices + 1)]  # fmt: skip
    for turn in range(1, rounds + 1):
        for each in range(1, devices + 1):
            sent = publish(f"cqsc/500103/d{each}/telemetry", reading(turn), 1)
            frames.append((turn * SECOND + each, FROM_DEVICE, each, sent))
    return frames


def stream(frames: list[Frame]) -> bytes:
    write = FrameWriter().frame
    return b"".join(write(*each) for each in frames)


def trace(frames: list[Frame], seconds: float = 30.0, **changes: object) -> Trace:
    made = Trace(
        id=ID, kind="mqtt", vantage="peer", endpoint="device", since="2026-01-02T03:04:05.000Z",
        seconds=seconds, packets=sum(each[1] == FROM_DEVICE for each in frames),
        sessions=len({each[2] for each in frames} - {0}), ended="deadline",
        stream="evidence/streams/000001.mqtt", facts={"packet_bytes": 262144},
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def report(failing: tuple[str, ...], passing: tuple[str, ...] = ()) -> Report:
    """Let DI-02 fail and DI-01 pass by these citations."""
    failed = Verdict(Outcome.FAIL, "sample.entries_lost", {"lost": ("28",)}, cites=failing)
    passed = Verdict(Outcome.PASS, "engine.cells_passed", {"count": 1}, cites=passing)
    return samples.report(verdicts={**samples.VERDICTS, "DI-02": failed, "DI-01": passed})


class Given:
    """A report that cites frames, with all that renderers need; ``reads`` counts readings."""

    def __init__(
        self,
        frames: list[Frame],
        failing: tuple[int, ...],
        passing: tuple[int, ...] = (),
        scale: float = 1.0,
        **changes: object,
    ) -> None:
        self.reads = 0
        self.data = stream(frames)
        self.trace = trace(frames, **changes)  # type: ignore[arg-type]
        self.report = report(
            tuple(f"{ID}#{each}" for each in failing), tuple(f"{ID}#{each}" for each in passing)
        )
        self.evidence: dict[str, tuple[Evidence, ...]] = {ID: (self.trace,)}
        streams = Streams(read=self._read, operations=OPERATIONS, scale=scale)
        self.frames = Frames(self.report, self.evidence, streams)

    def _read(self, trace: Trace) -> Iterator[bytes]:
        assert trace is self.trace
        self.reads += 1
        yield from (self.data[at : at + 999] for at in range(0, len(self.data), 999))


def hostile(planted: str) -> Given:
    """Put a string wherever a device could put one."""
    payload = planted.encode("utf-8", "replace")
    frames: list[Frame] = [
        note(1, 1, "accepted", peer=planted),
        (2, FROM_DEVICE, 1, connect(planted, planted)),
        (3, FROM_DEVICE, 1, publish(planted, planted)),
        (4, FROM_DEVICE, 1, publish(TOPIC, (payload * 300)[:200_000])),
        (5, FROM_DEVICE, 1, publish(TOPIC, json.dumps({planted: planted}))),
        (6, FROM_DEVICE, 1, packet(0x82, b"\x00\x01" + text(planted) + b"\x01")),
        (7, FROM_KIT, 1, publish(planted, planted)),
        (8, FROM_DEVICE, 1, b"\x36" + payload[:200]),
        note(9, 1, "rejected", rule=planted, clause=planted, at=planted, detail=planted),
        note(10, 0, "act", act=planted, seconds=planted),
        note(11, 0, planted, why=planted),
        note(12, 1, "will", topic=planted),
        note(13, 1, "closed", why=planted),
    ]
    facts = {planted: planted, "packet_bytes": planted}
    return Given(frames, tuple(range(1, 14)), (3, 4), endpoint=planted, facts=facts,
                 ended=planted, seconds=1.0)  # fmt: skip


def certificate(name: str) -> bytes:
    """A self-issued certificate that says a string wherever it can."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0xABCDEF)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("a.example"), x509.RFC822Name("a@b")]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


def handshake(chain: tuple[bytes, ...], said: str = "modern") -> TlsHandshake:
    asked = Offered(("TLS 1.2", "TLS 1.3"), "127.0.0.1", ("TLS_AES_128_GCM_SHA256", said))
    return TlsHandshake("tls/seen.1", "api", said, asked, "refused", "2026-01-02T03:04:05Z", 7.0,
                        alert="handshake_failure", chain=chain)  # fmt: skip
