"""Verifying bundles for commands: with judging handed in, and faults told as verification's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.cli.assemble import bench_from
from cqsc_conform.cli.finish import report_of
from cqsc_conform.cli.reading import placed
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import decode
from cqsc_conform.model.report import Report
from cqsc_conform.model.verdict import Verdicts

# What judging raises about a bundle is a verification that failed, whatever else it may be.
_AS_VERIFICATION = {"cli.check_version": "trust.check_version",
                    "cli.material_differs": "trust.material_differs"}  # fmt: skip


def judged_again(bundle: Bundle) -> tuple[Verdicts, Report]:
    """Judge a bundle's evidence by its own profile, with the checks of this build.

    :raises KitError: ``trust.check_version`` for a check that is no longer shipped,
        ``trust.material_differs``.
    """
    try:
        verdicts, report = report_of(
            bundle.plan,
            bundle.state,
            bundle.evidence_of,
            bench_from(bundle),
            streams=bundle.stream,
        )
    except KitError as error:
        code = _AS_VERIFICATION.get(error.code)
        if code is None:
            raise
        raise KitError(
            code, error.blame, where=error.where, problems=error.problems, **error.args_
        ) from error
    return decode(verdicts, Verdicts), report


@contextmanager
def placed_in(path: Path) -> Iterator[None]:
    """Say of which bundle a faulty statement or member is."""
    try:
        with placed(path):
            yield
    except KitError as error:
        if not error.code.startswith("trust.") or error.where.startswith(str(path)):
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise KitError(
            error.code, error.blame, where=where, problems=error.problems, **error.args_
        ) from error
