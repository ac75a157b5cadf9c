"""Whether the sample that was tested is the one that the job ordered.  Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from cqsc_conform.errors import KitError
from cqsc_conform.model.job import Job
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.target import Subject
from cqsc_conform.model.verdict import Row, Verdict

_TELLING = frozenset({"version_endpoint", "device_message"})
"""Proofs that show a version or a serial number, so that it can be held against the order."""


def ordered_by(job: Job) -> tuple[str, ...]:
    """Give the words by which a job names its sample: serial number, version."""
    named = (job.sample.serial, job.sample.version)
    return tuple(each for each in named if each is not None)


def demand_ordered(job: Job, subject: Subject) -> None:
    """Hold a target file to the sample that a job ordered, before any packet.

    :raises KitError: ``engine.other_sample_described``.
    """
    software = subject.software.version if subject.software else None
    pairs = (("serial", job.sample.serial, subject.serial),
             ("version", job.sample.version, software))  # fmt: skip
    for name, ordered, described in pairs:
        if ordered is not None and described is not None and ordered != described:
            raise KitError(
                "engine.other_sample_described", name=name, ordered=ordered, described=described
            )


def of_sample_ordered(
    rows: Iterable[Row], plan: Plan, proofs: tuple[str | None, ...]
) -> Iterator[Row]:
    """Let no requirement pass on a sample that shows itself to be another than was ordered."""
    other = (
        bool(plan.ordered)
        and plan.target.subject.proof.by in _TELLING
        and any(each not in plan.ordered for each in proofs)
    )
    for row in rows:
        if not other or row.verdict.outcome is not Outcome.PASS:
            yield row
            continue
        verdict = Verdict(
            outcome=Outcome.INCONCLUSIVE,
            code="engine.other_sample",
            args={
                "ordered": plan.ordered,
                "proofs": tuple("-" if each is None else each for each in proofs),
            },
            cites=row.verdict.cites,
        )
        yield msgspec.structs.replace(row, verdict=verdict)
