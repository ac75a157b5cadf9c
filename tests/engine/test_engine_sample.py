"""A device says who it is, and is held to what was ordered."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from checks.telemetry_trace import STATUS, Tape, sample
from cqsc_conform.engine.sample import demand_ordered, of_sample_ordered, ordered_by
from cqsc_conform.engine.settle import demand_proof
from cqsc_conform.engine.subject import told_by_device
from cqsc_conform.errors import KitError
from cqsc_conform.formats.stream import FrameWriter
from cqsc_conform.model.codec import convert
from cqsc_conform.model.evidence import Trace
from cqsc_conform.model.job import Job
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.target import Subject
from cqsc_conform.model.verdict import Row, Verdict
from engine.test_engine_run import two_probes

DEVICE = {"by": "device_message", "operation": "status", "pointer": "/firmware"}
TOPIC = "cqsc/{region}/{device}/status"


def plan(*ordered: str, **proof: Any) -> Plan:
    """A plan whose subject is proven by its states."""
    subject = {"maker": {"name": "m"}, "name": "n", "proof": DEVICE | proof}
    made = two_probes(subject={"maker": {"name": "m"}, "name": "n"})
    target = msgspec.structs.replace(
        made.target,
        subject=convert(subject, Subject),
        operations={"status": Operation(method="PUBLISH", path=TOPIC)},
    )
    return msgspec.structs.replace(made, target=target, ordered=ordered)


def trace(tape: Tape) -> tuple[Trace, Any]:
    writer = FrameWriter()
    written = [
        writer.frame(each.at, each.direction, each.session, each.data) for each in tape.frames
    ]
    seen = Trace(
        id="a.watch/trace.1", kind="mqtt", vantage="peer", endpoint="device",
        since="2026-06-01T04:00:00Z", seconds=100.0, packets=3, sessions=1, ended="deadline",
    )  # fmt: skip

    def stream(_: Trace) -> Iterator[bytes]:
        yield from written

    return seen, stream


def told(*states: Any) -> tuple[str | None, str | None] | None:
    tape = Tape()
    tape.connect(0)
    tape.says(5, sample(1, firmware="not a state"))
    for number, state in enumerate(states, 1):
        tape.publish(number * 10.0, STATUS, state)
    return told_by_device(plan(), *trace(tape))


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([{"firmware": "1.0"}, {"firmware": "1.1"}, {"firmware": "1.2"}], ("1.0", "1.2")),
        ([{"firmware": "1.0"}], ("1.0", "1.0")),
        ([{"state": "online"}, b"{", {"firmware": "1.0"}, {"firmware": {}}], ("1.0", "1.0")),
        ([{"firmware": 7}], ("7", "7")),
        ([{"state": "online"}], (None, None)),
        ([b"\xff"], (None, None)),
        ([], None),
    ],
)
def test_the_first_and_the_last_word_of_a_device_count(states, said):
    assert told(*states) == said


def test_a_proof_names_an_operation_that_is_known():
    demand_proof(plan().target)
    with pytest.raises(KitError) as caught:
        demand_proof(plan(operation="nobody").target)
    assert caught.value.code == "engine.proof_unknown"


def row(outcome: Outcome) -> Row:
    said = Verdict(outcome=outcome, code="t.said", cites=("a/b.1",))
    return Row(region=None, profile="p", id="A-1", digest="sha256:00", verdict=said)


@pytest.mark.parametrize(
    ("ordered", "proofs", "outcome"),
    [
        (("0001", "1.0"), ("1.0",), Outcome.PASS),
        (("0001", "1.0"), ("0001",), Outcome.PASS),
        (("1.0",), ("1.1",), Outcome.INCONCLUSIVE),
        (("1.0",), ("1.0", "1.1"), Outcome.INCONCLUSIVE),
        (("1.0",), (None,), Outcome.INCONCLUSIVE),
        ((), ("1.1",), Outcome.PASS),
    ],
)
def test_another_sample_than_ordered_does_not_pass(ordered, proofs, outcome):
    rows = [row(Outcome.PASS), row(Outcome.FAIL)]
    found = list(of_sample_ordered(rows, plan(*ordered), proofs))
    assert [each.verdict.outcome for each in found] == [outcome, Outcome.FAIL]
    if outcome is not Outcome.PASS:
        assert found[0].verdict.code == "engine.other_sample"


def test_a_key_or_a_word_is_no_version_to_hold_against_the_order():
    found = list(of_sample_ordered([row(Outcome.PASS)], plan("1.0", by="tls_key"), ("ab",)))
    assert found[0].verdict.outcome is Outcome.PASS


def test_a_target_file_describes_the_sample_that_was_ordered():
    sample_ = {"description": "d", "condition": "c", "serial": "0001", "version": "1.0"}
    job = convert(
        {
            "schema": "cqsc-job/1", "number": "1", "client": {"name": "c"},
            "laboratory": {"name": "l", "address": "a"}, "sample": sample_, "method": "m",
            "decision_rule": "r",
        },
        Job,
    )  # fmt: skip
    assert ordered_by(job) == ("0001", "1.0")
    subject = {"maker": {"name": "m"}, "name": "n", "serial": "0001"}
    demand_ordered(job, convert(subject, Subject))
    for other in ({"serial": "0002"}, {"software": {"version": "1.1"}}):
        with pytest.raises(KitError) as caught:
            demand_ordered(job, convert(subject | other, Subject))
        assert caught.value.code == "engine.other_sample_described"
