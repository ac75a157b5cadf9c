"""The vantage observer: who watches, what is subscribed to, what is settled beforehand."""

from typing import Any

import msgspec
import pytest

from cqsc_conform.engine.devices import filters_of
from cqsc_conform.engine.plan import plan_digest
from cqsc_conform.formats.mqtt import Publish, encode
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, FrameWriter
from cqsc_conform.model.ask import ObserveAsk, PeerAsk
from cqsc_conform.model.evidence import Trace
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Plan
from engine.test_engine_watch import CHECKS, FakePeer, counting, run, stream, use, verdicts
from engine.world import plan_of, probe, profile, requirement, target

BOTH = ("peer", "observer")
SEEN = CHECKS | {
    "t.both": stream("t.both", counting, BOTH),
    "t.command": stream("t.command", counting, BOTH),
}
SCRIPT = [{"act": "command", "after": 2, "topic": "c/{ixit.name}", "payload": "p"}]
PROBES = {
    each.id: each
    for each in (
        probe("iot.watch", {"peer": {"as": "trace", "seconds": 10, "operations": ["telemetry"]}}),
        probe(
            "iot.outage",
            {"peer": {"as": "trace", "seconds": 10, "operations": ["telemetry"],
                      "script": [{"act": "cut", "after": 2}]}},
            effect="disrupts",
        ),
        probe(
            "iot.command",
            {"peer": {"as": "trace", "seconds": 10, "operations": ["telemetry"],
                      "script": SCRIPT}},
            effect="mutates",
        ),
        probe(
            "iot.observed",
            {"observe": {"as": "trace", "seconds": 10, "operations": ["telemetry"],
                         "identity": "lab", "wait": 90, "max_packets": 7}},
        ),
    )
}  # fmt: skip
OPERATIONS = {
    "telemetry": Operation(method="PUBLISH", path="t/{region}/{device}/up", items="/readings")
}
BROKER = {"broker": {"url": "mqtt://127.0.0.1:1883"}}
DEVICE = {"device": {"url": "mqtt://127.0.0.1:1883"}}


class FakeObserver(FakePeer):
    """A broker at which a device publishes once a second."""

    def observe(self, ask: ObserveAsk, sink: Any, _: Any) -> Trace:
        self.asks.append(ask)
        writer = FrameWriter()
        sink(writer.frame(0, EVENT, 1, b'{"event":"subscribed"}'))
        for number in range(12):
            at = round((number + 0.5) * ask.seconds / 10 * 1_000_000)
            raw = encode(Publish("t/500106/d-1/up", b'{"readings":[{"value":1}]}'), 4)
            sink(writer.frame(at, FROM_DEVICE, 1, raw))
        return Trace(
            id=ask.id, kind="mqtt", vantage="observer", endpoint=ask.endpoint,
            since="2026-01-02T00:00:00.000Z", seconds=ask.seconds, packets=12, sessions=1,
            ended="deadline", facts={"packet_bytes": ask.packet_bytes},
        )  # fmt: skip


def plan_with(
    *uses: tuple[str, str], endpoints: dict[str, Any] | None = None, **given: Any
) -> Plan:
    choices = {"consent": frozenset(Effect)} | {
        name: given.pop(name) for name in ("vantage", "consent") if name in given
    }
    rows = [
        requirement(
            f"R-{number}",
            check=msgspec.structs.replace(use(name), evidence={"trace": f"{where}/trace"}),
        )
        for number, (where, name) in enumerate(uses, 1)
    ]
    return plan_of(
        profile(*rows, probes=PROBES),
        operations=OPERATIONS,
        checks=SEEN,
        of=target(endpoints=BROKER if endpoints is None else endpoints, **given),
        **choices,
    )


def dispositions(plan: Plan) -> list[tuple[str, object]]:
    return [(each.disposition, each.because.get("code")) for each in plan.items]


@pytest.mark.parametrize(
    ("endpoints", "chosen", "vantage"),
    [
        (BROKER, None, "observer"),
        (DEVICE, None, "peer"),
        (BROKER | DEVICE, None, "peer"),
        (BROKER | DEVICE, "observer", "observer"),
        (BROKER, "peer", "peer"),
    ],
)
def test_the_target_s_endpoints_choose_unless_somebody_does(endpoints, chosen, vantage):
    plan = plan_with(("iot.watch", "t.both"), endpoints=endpoints, vantage=chosen)
    assert plan.vantage == vantage
    missing = {"peer": "device", "observer": "broker"}[vantage] not in endpoints
    assert dispositions(plan) == [
        ("lacking", "engine.endpoint_missing") if missing else ("run", None)
    ]


def test_the_vantage_is_in_the_plan_s_digest_and_not_in_the_probe_s():
    plans = [
        plan_with(("iot.watch", "t.both"), endpoints=BROKER | DEVICE, vantage=each) for each in BOTH
    ]
    assert len({plan_digest(each) for each in plans}) == 2
    assert len({each.probes[0].digest for each in plans}) == 1


def test_what_a_subscriber_cannot_see_or_do_is_settled_before_any_packet():
    plan = plan_with(
        ("iot.watch", "t.both"),
        ("iot.watch", "t.count"),
        ("iot.outage", "t.both"),
        ("iot.command", "t.command"),
        ixit={"name": "n"},
    )
    unseen = ("lacking", "engine.not_observable")
    assert dispositions(plan) == [("run", None), unseen, unseen, ("run", None)]
    assert [each.probe.id for each in plan.probes] == ["iot.watch", "iot.command"]


def test_consent_is_asked_for_what_is_done_and_not_for_what_cannot_be_seen():
    plan = plan_with(
        ("iot.outage", "t.both"),
        ("iot.command", "t.command"),
        consent=frozenset({Effect.SAFE}),
        ixit={"name": "n"},
    )
    assert dispositions(plan) == [
        ("lacking", "engine.not_observable"),
        ("skipped", "engine.no_consent"),
    ]


def test_a_probe_for_a_peer_is_observed_under_its_own_digest(tmp_path):
    plan = plan_with(
        ("iot.watch", "t.both"), ("iot.watch", "t.count"), time_scale=0.5,
        identities={"observer": {"use": {"scheme": "none"}}}, ixit={"topic_device": "d-1"},
    )  # fmt: skip
    observer = FakeObserver()
    run(plan, tmp_path / "run", observer)
    (ask,) = observer.asks
    assert isinstance(ask, ObserveAsk)
    assert (ask.endpoint, ask.identity, ask.seconds) == ("broker", "observer", 5.0)
    assert ask.filters == ("t/+/d-1/up",)
    assert ask.id == "iot.watch/trace.1"
    found = [(each.outcome.value, each.code) for each in verdicts(plan, tmp_path / "run", SEEN)]
    assert found == [("pass", "t.ok"), ("inconclusive", "engine.not_observable")]


def test_commands_of_a_peer_s_script_are_published_at_the_broker(tmp_path):
    plan = plan_with(("iot.command", "t.command"), time_scale=0.5, ixit={"name": "n"})
    observer = FakeObserver()
    run(plan, tmp_path / "run", observer)
    ((said,),) = [each.script for each in observer.asks]
    assert (said.topic, said.payload, said.after, said.qos) == ("c/n", "p", 1.0, 1)
    assert observer.asks[0].identity == "default"


def test_the_verb_observe_watches_a_broker_whatever_the_vantage(tmp_path):
    plan = plan_with(
        ("iot.observed", "t.both"), ("iot.watch", "t.count"), endpoints=BROKER | DEVICE,
        identities={"lab": {"use": {"scheme": "none"}}},
    )  # fmt: skip
    observer = FakeObserver()
    run(plan, tmp_path / "run", observer)
    asks = {type(each): each for each in observer.asks}
    ask = asks[ObserveAsk]
    assert (ask.identity, ask.wait, ask.max_packets) == ("lab", 90, 7)
    assert PeerAsk in asks
    found = [(each.outcome.value, each.code) for each in verdicts(plan, tmp_path / "run", SEEN)]
    assert found == [("pass", "t.ok"), ("pass", "t.ok")]


@pytest.mark.parametrize(
    ("path", "ixit", "wanted"),
    [
        ("a/{device}/up", {}, "a/+/up"),
        ("a/{device}/up", {"topic_device": "d"}, "a/d/up"),
        ("a/{device}/up", {"topic_device": 7}, "a/7/up"),
        ("a/x-{device}/up", {"topic_device": "d"}, "a/+/up"),
        ("a/+/#", {}, "a/+/#"),
        ("a/b", {}, "a/b"),
    ],
)
def test_a_topic_template_becomes_a_filter(path, ixit, wanted):
    plan = plan_with(("iot.watch", "t.both"), ixit=ixit)
    operations = {"one": Operation(method="PUBLISH", path=path)}
    reached = msgspec.structs.replace(plan.target, operations=operations)
    assert filters_of(("one", "one", "absent"), reached) == (wanted,)
