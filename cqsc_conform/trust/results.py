"""What a bundle came to as an in-toto ``test-result`` statement (version 0.1), for other tools."""

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import ReportRow
from cqsc_conform.model.statement import (
    STATEMENT_TYPE,
    ResourceDigest,
    ResultConfiguration,
    ResultPredicate,
    ResultStatement,
)
from cqsc_conform.trust.claims import resource

__all__ = ["result_statement"]


def result_statement(bundle: Bundle) -> ResultStatement:
    """Say in in-toto's words what a bundle came to.

    A requirement that binds and did not pass is failed or, where it could not be judged, warned;
    one that does not bind is warned when it failed.  Not applicable ones are in no list.
    """
    report = bundle.report
    rows = report.requirements
    result = {Conclusion.CONFORMANT: "PASSED", Conclusion.NON_CONFORMANT: "FAILED"}
    word = result.get(report.conclusion, "WARNED")
    return ResultStatement(
        type=STATEMENT_TYPE,
        subject=(
            resource("manifest.json", bundle.file("manifest.json")),
            resource("verdicts.json", bundle.file("verdicts.json")),
        ),
        predicate=ResultPredicate(
            result=word,  # type: ignore[arg-type]
            configuration=tuple(
                ResultConfiguration(
                    name=f"{each.id}@{each.version}",
                    digest=ResourceDigest(each.digest.removeprefix("sha256:")),
                    annotations={"level": each.level, "region": each.region},
                )
                for each in bundle.plan.profiles
            ),
            passed_tests=_named(rows, "passed"),
            warned_tests=_named(rows, "warned"),
            failed_tests=_named(rows, "failed"),
        ),
    )


def _named(rows: tuple[ReportRow, ...], word: str) -> tuple[str, ...]:
    return tuple(f"{each.profile}/{each.id}" for each in rows if _word(each) == word)


def _word(row: ReportRow) -> str | None:
    if row.outcome is Outcome.PASS:
        return "passed"
    if row.outcome is Outcome.FAIL and row.binding:
        return "failed"
    silent = {Outcome.NOT_APPLICABLE, Outcome.UNTESTED, Outcome.SKIPPED}
    return None if row.outcome in silent else "warned"
