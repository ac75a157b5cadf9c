"""A run of the reference for an order, signed by a whole laboratory: ready to be declared."""

from pathlib import Path

import msgspec
import pytest

from cqsc_conform.catalog.targets import read_job
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.choosing import Wanted
from cqsc_conform.cli.references import PUBLISHED, running_api, write_target
from cqsc_conform.cli.running import run_one
from cqsc_conform.cli.signed_run import Signing
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.statement import Role
from cqsc_conform.trust.issue import add_endorsement
from laws.repository import ROOT
from trust.make import Lab

JOB = ROOT / "examples/job.yaml"


def ordered_run(place: Path, lab: Lab) -> Path:
    """Run the reference catalogue for the example order; the log lies beside the run's folder."""
    job = read_job(JOB)
    folder = place / "out"
    with pytest.MonkeyPatch.context() as world, running_api() as url:
        for name, value in PUBLISHED.items():
            world.setenv(name, value)
        choices = Choices(
            level=1, only=frozenset(), repeat=1, seed=7, include_draft=False, job_digest=job.digest
        )
        setup = prepare(write_target(place, url), Wanted(), choices)
        signing = Signing(keys=(lab.tester,), log=place / "lab.log")
        run_one(msgspec.structs.replace(setup, job=job.job), folder, (), signing=signing)
    for role, key in (
        (Role.COMPILER, lab.compiler),
        (Role.REVIEWER, lab.reviewer),
        (Role.AUTHORISER, lab.authoriser),
    ):
        add_endorsement(folder, role, [key], SystemClock().now(), judged_again)
    return folder
