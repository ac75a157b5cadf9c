"""How a subject is proven at the start, at each resume and at the end of a run."""

from collections.abc import Iterable
from typing import Literal

from cqsc_conform.engine.stage import Driver
from cqsc_conform.engine.watch import Reach, Streaming, events_of
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import as_text, class_of_status
from cqsc_conform.formats.stream import StreamFault
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Trace
from cqsc_conform.model.journal import SubjectSeen
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.plan import Plan

When = Literal["start", "resume", "end"]
PEER_KEY = "tls_key_sha256"
MAX_PROOF = 200
"""The longest proof that is kept, in characters: a target chooses what it says of itself."""


def proof_of(plan: Plan, driver: Driver, when: When) -> str | None:
    """Ask the subject who it is, in the way its target file declares; None where it is silent.

    ``declared`` asks nothing.  The question is not evidence: no requirement rests on it.
    """
    proof = plan.target.subject.proof
    if proof.by == "declared":
        software = plan.target.subject.software
        return software.version if software else None
    got = driver.perform(
        Ask(
            id=f"subject/{when}.1",
            operation="",
            endpoint=proof.endpoint,
            identity="default",
            method="GET",
            target=proof.path or "/",
            headers=(("Accept", "application/json"),),
        )
    )
    if not isinstance(got, Exchange):
        return None
    if proof.by == "tls_key":
        return _written(got.facts.get(PEER_KEY))
    return _written(_shown(got, proof.pointer))


def told_by_device(
    plan: Plan, trace: Trace, streams: Streaming
) -> tuple[str | None, str | None] | None:
    """Read who a device says it is, off the first and the last message that it says it in.

    None where the trace holds no message of the operation that the proof names; a pair of None
    where none of them says anything.
    """
    target, proof = plan.target, plan.target.subject.proof
    reach = Reach(target.operations, target.charset, target.time_scale, target.timezone)
    told: list[str] = []
    heard = False
    try:
        for event in events_of(trace, reach, streams):
            message = event.message
            if message is None or message.operation != proof.operation:
                continue
            heard = True
            said = _written(resolve(message.json, proof.pointer))
            if said is not None:
                # Whatever comes next replaces the last, and never the first.
                told[1:] = [said]
    except StreamFault:
        return None
    if not told:
        return (None, None) if heard else None
    return told[0], told[-1]


def _shown(got: Exchange, pointer: str) -> object:
    """Read what a version endpoint shows; only an answer that succeeds says something."""
    if class_of_status(got.response.status) is not ReplyClass.SUCCESS:
        return None
    try:
        return resolve(read_json(got.response.body.data), pointer)
    except JsonFault:
        return None


def _written(value: object) -> str | None:
    """Bring a proof to a form that a journal can hold; nothing and a whole object prove nothing."""
    if value is MISSING or isinstance(value, dict | list):
        return None
    plain = as_text(value)[:MAX_PROOF].encode("utf-8", "backslashreplace").decode()
    return plain or None


def proofs_of(subjects: Iterable[SubjectSeen]) -> tuple[str | None, ...]:
    """List the different proofs that were seen, in order; more than one: the subject changed."""
    return tuple(dict.fromkeys(each.value for each in subjects))
