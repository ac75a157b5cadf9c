"""Devices from run to verdict: streams kept, judged in one pass, judged again from the archive."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cqsc_conform.bundle.journal import JOURNAL, read_journal
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.bundle.repair import repair
from cqsc_conform.bundle.seal import seal
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.bundle.streams import STREAMS, StreamWriter, read_chunks, stream_pieces
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.checks.registry import passed, stream_check
from cqsc_conform.checks.watching import Watching
from cqsc_conform.engine.judge import Bench
from cqsc_conform.engine.run import Judged, World, judged, observe, recorded
from cqsc_conform.engine.transfer import carried
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.mqtt import Connect, Publish, encode
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, Frame, FrameWriter, read_frames
from cqsc_conform.model.ask import PeerAsk
from cqsc_conform.model.check import Check
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.verdict import Verdict
from engine.world import (
    KIT,
    FakeClock,
    FakeDriver,
    FakeEntropy,
    as_check,
    plan_of,
    probe,
    profile,
    requirement,
    target,
)

WATCH = probe("iot.watch", {"peer": {"as": "trace", "seconds": 10, "operations": ["telemetry"]}})
TELEMETRY = Operation(method="PUBLISH", path="t/{device}", items="/readings")


def counting(*, seconds: float, least: int = 1) -> Watching:
    """At least so many messages come."""
    first, count = None, 0
    while (event := (yield)) is not None:
        assert event.at <= seconds
        if event.message is not None:
            first = first or event
            count += 1
    if first is None:
        return None
    outcome = Outcome.PASS if count >= least else Outcome.FAIL
    return Verdict(outcome=outcome, code="t.ok", cites=(first.cite,), count=count)


def hasty(*, seconds: float) -> Watching:  # noqa: ARG001 - every stream check has it
    """Says what it has to say at once."""
    event = yield
    return passed("t.ok", event)


def broken(*, seconds: float) -> Watching:  # noqa: ARG001 - every stream check has it
    """Breaks."""
    yield
    raise LookupError("oh")


def endless(*, seconds: float) -> Watching:  # noqa: ARG001 - every stream check has it
    """Never comes to an end."""
    while True:
        yield


def stream(name: str, function: Callable[..., Any], needs: tuple[str, ...] = ("peer",)) -> Check:
    made = as_check(
        name, function, {"trace": "stream"}, {"seconds": float, "least": int}, ["seconds"]
    )
    return msgspec.structs.replace(made, needs=frozenset(needs))


CHECKS = {
    "t.count": stream("t.count", counting),
    "t.hasty": stream("t.hasty", hasty),
    "t.broken": stream("t.broken", broken),
    "t.endless": stream("t.endless", endless),
    "t.observer": stream("t.observer", counting, ("observer",)),
}


def use(name: str, **given: Any) -> CheckUse:
    return CheckUse(
        check=name, evidence={"trace": "iot.watch/trace"}, with_={"seconds": 10.0} | given
    )


class FakePeer:
    """Writes a device's messages, one a second on the target's scale."""

    def __init__(self, messages: int = 12, seconds: float | None = None, said: str = "") -> None:
        self.messages = messages
        self.seconds = seconds
        self.said = said
        self.asks: list[PeerAsk] = []

    def peer(self, ask: PeerAsk, sink: Callable[[bytes], None], _: Any) -> Trace | Unobserved:
        self.asks.append(ask)
        if self.said:
            sink(b"something")
            return Unobserved(id=ask.id, code=self.said, blame=Blame.TARGET, at="t")
        writer = FrameWriter()
        packets = 0
        if self.messages:
            sink(writer.frame(0, EVENT, 1, b'{"event":"accepted"}'))
            sink(writer.frame(0, FROM_DEVICE, 1, encode(Connect("d-1"), 4)))
            packets = self.messages + 1
        for number in range(self.messages):
            at = round((number + 0.5) * ask.seconds / 10 * 1_000_000)
            told = json.dumps({"readings": [{"value": number}], "fill": "x" * 20_000}).encode()
            sink(writer.frame(at, FROM_DEVICE, 1, encode(Publish("t/d-1", told), 4)))
        return Trace(
            id=ask.id, kind="mqtt", vantage="peer", endpoint=ask.endpoint,
            since="2026-01-02T00:00:00.000Z",
            seconds=ask.seconds if self.seconds is None else self.seconds,
            packets=packets, sessions=1, ended="deadline", facts={"packet_bytes": ask.packet_bytes},
        )  # fmt: skip


def plan_with(*uses: CheckUse, **changes: Any) -> Plan:
    rows = [requirement(f"R-{number}", check=each) for number, each in enumerate(uses, 1)]
    whole = profile(*rows, probes={WATCH.id: WATCH})
    of = target(endpoints={"device": {"url": "mqtt://127.0.0.1:1883"}}, **changes)
    return plan_of(whole, operations={"telemetry": TELEMETRY}, checks=CHECKS, of=of)


def run(plan: Plan, folder: Path, peer: Any) -> None:
    folder.mkdir(exist_ok=True)
    clock = FakeClock()
    world = World(clock, FakeEntropy(), FakeDriver(lambda _: (200, {}), clock), peer)
    observe(plan, folder, KIT, world, lambda *_: None)


def judge_folder(plan: Plan, folder: Path, checks: Mapping[str, Check] = CHECKS) -> Judged:
    state = JournalState.of(read_journal(folder / JOURNAL).entries)
    observed = recorded(
        plan, state, lambda kept: read_evidence(folder, kept), carried(plan, plan),
        lambda trace: stream_pieces(folder, trace),
    )  # fmt: skip
    return judged(plan, observed, Bench(checks, {}, {}, plan.target.ixit), state)


def verdicts(plan: Plan, folder: Path, checks: Mapping[str, Check] = CHECKS) -> list[Verdict]:
    return [row.verdict for row in judge_folder(plan, folder, checks).verdicts.rows]


def codes(plan: Plan, tmp_path: Path, peer: Any) -> list[tuple[str, str]]:
    run(plan, tmp_path / "run", peer)
    return [(each.outcome.value, each.code) for each in verdicts(plan, tmp_path / "run")]


def sealed(plan: Plan, folder: Path) -> Path:
    (folder / "plan.json").write_bytes(encode_readable(plan))
    (folder / "verdicts.json").write_bytes(encode_readable(judge_folder(plan, folder).verdicts))
    return seal(folder)


def test_each_check_sees_what_it_demands_and_no_more(tmp_path):
    plan = plan_with(use("t.count"), use("t.count", seconds=3.0), use("t.count", least=99))
    run(plan, tmp_path / "run", FakePeer())
    found = verdicts(plan, tmp_path / "run")
    assert [(each.outcome.value, each.count) for each in found] == [
        ("pass", 10),
        ("pass", 3),
        ("fail", 10),
    ]
    assert found[0].cites == ("iot.watch/trace.1#3",)


def test_seconds_are_on_the_declared_scale(tmp_path):
    plan = plan_with(use("t.count"), time_scale=0.01)
    peer = FakePeer()
    run(plan, tmp_path / "run", peer)
    assert (peer.asks[0].seconds, peer.asks[0].wait) == (pytest.approx(0.1), 10.0)
    assert verdicts(plan, tmp_path / "run")[0].count == 10


def test_a_check_may_end_early_and_one_that_breaks_harms_no_other(tmp_path):
    plan = plan_with(use("t.hasty"), use("t.broken"), use("t.endless"), use("t.count"))
    assert codes(plan, tmp_path, FakePeer()) == [
        ("pass", "t.ok"),
        ("error", "engine.check_crashed"),
        ("error", "engine.check_crashed"),
        ("pass", "t.ok"),
    ]


def test_what_a_vantage_cannot_see_is_never_passed(tmp_path):
    assert codes(plan_with(use("t.observer")), tmp_path, FakePeer()) == [
        ("inconclusive", "engine.not_observable")
    ]


def test_nothing_passes_that_was_watched_too_short(tmp_path):
    plan = plan_with(use("t.count"), use("t.count", seconds=4.0), use("t.count", least=99))
    assert codes(plan, tmp_path, FakePeer(seconds=5.0)) == [
        ("inconclusive", "engine.watched_short"),
        ("pass", "t.ok"),
        ("fail", "t.ok"),
    ]


def test_a_trace_without_packets_shows_nothing(tmp_path):
    assert codes(plan_with(use("t.count")), tmp_path, FakePeer(0)) == [
        ("inconclusive", "engine.trace_empty")
    ]


def test_a_device_that_never_connected_is_to_blame(tmp_path):
    plan = plan_with(use("t.count"))
    assert codes(plan, tmp_path, FakePeer(said="mqtt.no_device")) == [("error", "mqtt.no_device")]
    assert verdicts(plan, tmp_path / "run")[0].blame is Blame.TARGET
    assert not list((tmp_path / "run" / STREAMS).glob("*"))


def test_without_a_driver_the_kit_is_to_blame(tmp_path):
    assert codes(plan_with(use("t.count")), tmp_path, None) == [("error", "engine.no_driver")]


def test_an_endpoint_that_the_target_lacks_is_known_before_any_packet():
    rows = (requirement("R-1", check=use("t.count")),)
    plan = plan_of(
        profile(*rows, probes={WATCH.id: WATCH}), operations={"telemetry": TELEMETRY}, checks=CHECKS
    )
    assert plan.items[0].because["code"] == "engine.endpoint_missing"


def test_the_archive_is_judged_again_to_the_same_verdicts(tmp_path):
    plan = plan_with(use("t.count"), use("t.count", seconds=3.0))
    run(plan, tmp_path / "run", FakePeer())
    path = sealed(plan, tmp_path / "run")
    with open_bundle(path) as bundle:
        manifest = verify_integrity(bundle).manifest
        (entry,) = manifest.streams
        assert entry.path == f"{STREAMS}/000001.mqtt"
        observed = recorded(
            plan, bundle.state, bundle.evidence_of, carried(plan, plan), bundle.stream
        )
        bench = Bench(CHECKS, {}, {}, plan.target.ixit)
        again = judged(plan, observed, bench, bundle.state).verdicts
        twice = judged(plan, observed, bench, bundle.state).verdicts
        assert again == twice == bundle.verdicts
        (trace,) = (each.evidence for _, each in bundle.records())
        assert len(trace.chunks) > 3
        assert len({each.salt for each in trace.chunks}) == len(trace.chunks)
    first = path.read_bytes()
    assert seal(tmp_path / "run").read_bytes() == first


def test_every_flip_in_a_stream_is_noticed(tmp_path):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    sealed(plan, tmp_path / "run")
    file = tmp_path / "run" / STREAMS / "000001.mqtt"
    whole = file.read_bytes()
    step = len(whole) // 40
    for place in [*range(0, len(whole), step), len(whole) - 1]:
        file.write_bytes(whole[:place] + bytes((whole[place] ^ 1,)) + whole[place + 1 :])
        with (
            open_bundle(tmp_path / "run") as bundle,
            pytest.raises(KitError, match="stream_changed"),
        ):
            verify_integrity(bundle)
        with pytest.raises(KitError, match="stream_changed"):
            judge_folder(plan, tmp_path / "run")
    for other in (whole[:-1], whole + b"x", b""):
        file.write_bytes(other)
        with pytest.raises(KitError, match="changed"), open_bundle(tmp_path / "run") as bundle:
            verify_integrity(bundle)
    file.unlink()
    with pytest.raises(KitError, match="missing"), open_bundle(tmp_path / "run") as bundle:
        verify_integrity(bundle)


def test_a_stream_that_no_trace_names_does_not_belong(tmp_path):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    (tmp_path / "run" / STREAMS / "000002.mqtt").write_bytes(b"x")
    with pytest.raises(KitError, match="evidence_beyond"):
        sealed(plan, tmp_path / "run")


def test_a_stream_that_a_kill_left_half_written_is_cleared_away(tmp_path):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    writer = StreamWriter(tmp_path / "run", FakeEntropy())
    writer.append(bytes(200_000))
    writer._file.close()
    left = tmp_path / "run" / STREAMS / "000002.mqtt"
    assert left.stat().st_size > 0
    whole = (tmp_path / "run" / STREAMS / "000001.mqtt").read_bytes()
    assert repair(tmp_path / "run").lost_bytes > 100_000
    assert not left.exists()
    assert (tmp_path / "run" / STREAMS / "000001.mqtt").read_bytes() == whole


@pytest.mark.parametrize(
    ("part", "gone"), [("stream", (1, 2, 3, 4)), ("stream.2", (2,)), ("frame.6", (1, 2))]
)
def test_what_a_device_said_is_removed_by_the_chunk_and_the_rest_verifies(tmp_path, part, gone):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    path = sealed(plan, tmp_path / "run")
    out = tmp_path / "out.cqsc.zip"
    done = redact(path, out, [f"iot.watch/trace.1:{part}"])
    names = tuple(f"stream.{number}" for number in gone)
    assert done.removed == {"iot.watch/trace.1": names}
    with open_bundle(path) as whole, open_bundle(out) as bundle:
        assert verify_integrity(bundle).manifest == whole.manifest
        assert verify_integrity(bundle).removed == {("iot.watch/trace.1", 1): names}
        ((_, record),) = bundle.records()
        assert record.commitment == whole.record("iot.watch/trace.1").commitment
        trace = record.evidence
        before = b"".join(whole.stream(whole.evidence("iot.watch/trace.1")))
        left = b"".join(
            read_chunks(trace, partial(bundle.source.read_at, trace.stream), holes=True)
        )
        for number, chunk in enumerate(trace.chunks, 1):
            here = slice(chunk.offset, chunk.offset + chunk.length)
            assert left[here] == (bytes(chunk.length) if number in gone else before[here])
            assert bool(chunk.salt) == (number not in gone)
        with pytest.raises(KitError, match="stream_removed"):
            list(bundle.stream(trace))
        (seen,) = bundle.evidence_of(bundle.state.evidence)
        assert isinstance(seen, Unobserved)
        assert seen.code == "bundle.removed"
    if part != "stream":
        again = redact(out, tmp_path / "again.cqsc.zip", ["iot.watch/trace.1:stream"])
        assert len(again.removed["iot.watch/trace.1"]) == 4 - len(gone)


def test_a_removed_chunk_hides_nothing(tmp_path):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    out = tmp_path / "out.cqsc.zip"
    redact(sealed(plan, tmp_path / "run"), out, ["iot.watch/trace.1:stream.2"])
    with zipfile.ZipFile(out) as file:
        content = {name: file.read(name) for name in file.namelist()}
    stream = bytearray(content[f"{STREAMS}/000001.mqtt"])
    stream[70_000] = 1
    (tmp_path / "other").mkdir()
    for name, data in (content | {f"{STREAMS}/000001.mqtt": bytes(stream)}).items():
        place = tmp_path / "other" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    with open_bundle(tmp_path / "other") as bundle, pytest.raises(KitError, match="stream_changed"):
        verify_integrity(bundle)


@pytest.mark.parametrize("part", ["chunks", "stream.0", "frame", "stream.1.2"])
def test_parts_that_no_trace_has_are_told(tmp_path, part):
    plan = plan_with(use("t.count"))
    run(plan, tmp_path / "run", FakePeer())
    path = sealed(plan, tmp_path / "run")
    with pytest.raises(KitError, match="redaction_stream"):
        redact(path, tmp_path / "out.cqsc.zip", [f"iot.watch/trace.1:{part}"])
    for beyond in ("stream.9", "frame.999"):
        with pytest.raises(KitError, match="redaction_nothing"):
            redact(path, tmp_path / "out.cqsc.zip", [f"iot.watch/trace.1:{beyond}"])


def test_chunks_are_committed_as_they_are_documented(tmp_path):
    writer = StreamWriter(tmp_path, FakeEntropy())
    writer.append(bytes(70_000))
    stored = writer.close()
    assert [(each.offset, each.length) for each in stored.chunks] == [(0, 65_536), (65_536, 4_464)]
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(stored.chunks[0].salt) + bytes(65_536))
    assert stored.chunks[0].commitment == leaf.hexdigest()


def test_a_stream_check_must_say_how_long_and_from_where():
    with pytest.raises(ValueError, match=r"t\.none"):
        stream_check("t.none", version=1)(lambda: None)
    with pytest.raises(ValueError, match=r"t\.where"):
        stream_check("t.where", version=1, needs=("moon",))(counting)


class Masking(FakePeer):
    """Says of its first message that a secret stood in it."""

    def peer(self, ask: PeerAsk, sink: Callable[[bytes], None], stop: Any) -> Trace | Unobserved:
        frames: list[Frame] = []

        def seen(data: bytes) -> None:
            frames.extend(read_frames([data]))

        found = super().peer(ask, seen, stop)
        writer, at = FrameWriter(), 0
        for number, frame in enumerate(frames):
            at += frame.at
            if number == 2:
                spans = [{"at": 30, "length": 9, "name": "identities.default.use.token"}]
                note = json.dumps({"event": "masked", "spans": spans}).encode()
                sink(writer.frame(at, EVENT, 1, note))
            sink(writer.frame(at, frame.direction, frame.session, frame.data))
        return found


def test_nothing_rests_on_what_was_masked(tmp_path):
    plan = plan_with(use("t.count"), use("t.count", seconds=0.4), use("t.count", least=99))
    run(plan, tmp_path / "run", Masking())
    found = verdicts(plan, tmp_path / "run")
    assert [(each.outcome.value, each.code) for each in found] == [
        ("inconclusive", "engine.masked"),
        ("inconclusive", "engine.nothing_relevant"),
        ("inconclusive", "engine.masked"),
    ]
    assert found[0].cites == ("iot.watch/trace.1#4",)
