"""How a subject is proven at the start and the end of a run."""

from typing import Literal

from cqsc_conform.engine.stage import Driver
from cqsc_conform.formats.pointer import MISSING, resolve
from cqsc_conform.formats.reading import as_text
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange
from cqsc_conform.model.plan import Plan

PEER_KEY = "tls_peer_spki_sha256"


def proof_of(plan: Plan, driver: Driver, when: Literal["start", "resume", "end"]) -> str | None:
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
        return as_text(got.facts.get(PEER_KEY)) or None
    try:
        found = resolve(read_json(got.response.body.data), proof.pointer)
    except JsonFault:
        return None
    return None if found is MISSING or isinstance(found, dict | list) else as_text(found)
