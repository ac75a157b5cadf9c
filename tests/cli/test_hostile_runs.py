"""The whole command against targets that misbehave on the wire: outcome, blame, bounds, report."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.kit import COMMAND, PATIENT, QUICK, environment, report_in, row_of, target
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.cli.choosing import Wanted
from cqsc_conform.cli.judging import judge_bundle
from helpers.measure import Measured, run_measured
from hostile.peer import hostile_zoo

REQUIREMENT = "DI-CATALOG-016"
RUN_SECONDS = {QUICK: 8, PATIENT: 120}
GRACE_SECONDS = 30
PEAK_MB = 200


class Expected(NamedTuple):
    """The exit code of the run, and the row of the requirement looked at."""

    exit: int
    outcome: str
    blame: str | None
    code: str
    words: str = ""
    more: str = ""
    limits: str = PATIENT


UNREACHABLE, INCONCLUSIVE, NON_CONFORMANT = 4, 3, 1


def error(code: str, limits: str = PATIENT) -> Expected:
    return Expected(UNREACHABLE, "error", "target", code, limits=limits)


def unread(words: str) -> Expected:
    """An answer that cannot be read as JSON: looked at, and nothing can be told of its total."""
    return Expected(INCONCLUSIVE, "inconclusive", None, "paging.not_json", words)


BEHAVIOURS = {
    "refuses": error("http.refused"),
    "resets-before-request": error("http.reset"),
    "resets-mid-headers": error("http.reset"),
    "closes-after-request": error("http.closed"),
    "resets-mid-body": unread("did not come whole"),
    "silent": error("http.timeout", QUICK),
    "drips-headers": error("http.timeout", QUICK),
    "drips-body": error("http.timeout", QUICK),
    "garbage": error("http.garbage"),
    "garbage-endless": error("http.garbage"),
    "headers-endless": error("http.header_cap"),
    "endless-100": error("http.interim_flood"),
    "tls-garbage": error("http.tls_broken"),
    "tls-on-plain-port": error("http.speaks_tls"),
    "body-10gb": unread("larger than the bound"),
    "gzip-bomb": unread("larger than the bound"),
    "gzip-truncated": unread("did not come whole"),
    "json-deep": unread("nested too deeply"),
    "json-exponent": unread("exponent of a number is too large"),
    "json-nan": unread("syntax is wrong"),
    "json-invalid-utf8": unread("bytes that are no UTF-8"),
    "json-gbk": unread("say so by charset in target.yaml"),
    "json-duplicate-keys": Expected(INCONCLUSIVE, "inconclusive", None, "paging.stuck"),
    "html-200": unread("syntax is wrong"),
    "html-502": Expected(
        INCONCLUSIVE, "inconclusive", None, "paging.list_refused", "a server error, HTTP 502"
    ),
    "redirect-loop": Expected(INCONCLUSIVE, "inconclusive", None, "paging.list_refused"),
    "paging-endless": Expected(INCONCLUSIVE, "inconclusive", None, "paging.cut"),
    "page-ignored": Expected(INCONCLUSIVE, "inconclusive", None, "paging.stuck"),
    "page-size-ignored": Expected(INCONCLUSIVE, "pass", None, "paging.total_true"),
    "total-string": Expected(NON_CONFORMANT, "fail", None, "paging.total_not_integer"),
    "terminal-escapes": Expected(INCONCLUSIVE, "pass", None, "paging.total_true"),
}
DECLARED = "json-gbk, declared"
CASES = {
    **BEHAVIOURS,
    DECLARED: Expected(INCONCLUSIVE, "pass", None, "paging.total_true", more="charset: gb18030\n"),
}


class Seen(NamedTuple):
    """The folder of a case, and how its run went."""

    folder: Path
    run: Measured


def perform(folder: Path, url: str, wanted: Expected) -> Seen:
    folder.mkdir()
    file = target(folder, url, more=wanted.more, limits=wanted.limits)
    words = ["run", str(file), "-o", str(folder / "run"), "--only", REQUIREMENT, "--lang", "en"]
    most = RUN_SECONDS[wanted.limits] + GRACE_SECONDS
    done = run_measured([*COMMAND, *words], most, env=environment())
    return Seen(folder, done)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """Perform all runs, three at a time: most of them do nothing but wait for a deadline."""
    folder = tmp_path_factory.mktemp("hostile")
    with hostile_zoo(*BEHAVIOURS, pace=0.01) as peers, ThreadPoolExecutor(3) as pool:

        def one(case: str) -> Seen:
            return perform(folder / case, peers[case.partition(",")[0]].url, CASES[case])

        yield dict(zip(CASES, pool.map(one, CASES), strict=True))


@pytest.mark.parametrize("case", CASES)
class TestHostileTarget:
    def test_gets_the_verdict_that_is_true(self, case: str, seen: dict[str, Seen]) -> None:
        wanted, found = CASES[case], seen[case]
        report = report_in(found.folder / "run")
        row = row_of(report, REQUIREMENT)
        said = (found.run.returncode, row["outcome"], row["blame"], row["reason"]["code"])
        assert said == (wanted.exit, wanted.outcome, wanted.blame, wanted.code)
        assert wanted.words in row["reason"]["en"]
        assert report["run"]["how"] == "complete"

    def test_cannot_break_the_bounds(self, case: str, seen: dict[str, Seen]) -> None:
        run = seen[case].run
        assert not run.timed_out
        assert run.peak_rss_mb < PEAK_MB

    def test_cannot_spoil_what_people_read(self, case: str, seen: dict[str, Seen]) -> None:
        run, folder = seen[case].run, seen[case].folder / "run"
        shown = run.stdout + run.stderr
        texts = [(folder / f"report.{suffix}").read_bytes() for suffix in ("txt", "md", "xml")]
        assert b"Traceback" not in shown
        assert REQUIREMENT.encode() in texts[1]
        for text in (shown, *texts):
            assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", text)

    def test_is_judged_the_same_again(self, case: str, seen: dict[str, Seen]) -> None:
        folder = seen[case].folder
        again = folder / "again"
        again.mkdir()
        with open_bundle(folder / "run.cqsc.zip") as bundle:
            judge_bundle(bundle, Wanted(), again, ())
        for name in ("verdicts.json", "report.json"):
            assert (again / name).read_bytes() == (folder / "run" / name).read_bytes()
