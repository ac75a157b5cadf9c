"""The lab's confirmation of the software: what demo and kill matrices come to.  Pure."""

from collections.abc import Iterable

from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.outcome import Conclusion
from cqsc_conform.model.qualification import DemoResult, KillResult
from cqsc_conform.model.report import Report
from cqsc_conform.release.kill import KillMatrix

__all__ = ["demo_result", "is_qualified", "kill_result"]


def demo_result(report: Report) -> DemoResult:
    """Take what matters out of the demo's report."""
    return DemoResult(
        conclusion=report.conclusion,
        judged=report.counts.judged,
        total=report.counts.total,
        passed=report.counts.passed,
        requests=report.requests,
    )


def kill_result(matrix: KillMatrix, run_here: int) -> KillResult:
    """Sum a matrix up; ``run_here`` counts its mutants that were run on this machine."""
    faults = [
        *matrix.survivors,
        *matrix.unarmed,
        *matrix.collateral,
        *(" = ".join(each) for each in matrix.twins),
        *(f"{id_}: {outcome.value}" for id_, outcome in matrix.unfit.items()),
    ]
    return KillResult(
        profile=matrix.profile,
        version=matrix.version,
        requirements=len(matrix.requirements),
        mutants=len(matrix.matrix),
        killed=matrix.killed,
        run_here=run_here,
        faults=tuple(faults),
        matrix=digest(to_builtins(matrix)),
    )


def is_qualified(demo: DemoResult, kill: Iterable[KillResult]) -> bool:
    """Tell whether the demo conforms, and nothing is wrong with any matrix."""
    results = tuple(kill)
    whole = all(not each.faults and each.killed == each.mutants for each in results)
    return demo.conclusion is Conclusion.CONFORMANT and bool(results) and whole
