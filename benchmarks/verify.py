"""Flips of every byte of a small signed bundle, and verifying a bundle of 1,000 requirements.

``python benchmarks/verify.py`` prints how many flips went unnoticed (none may) and seconds.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from datetime import UTC, datetime, timedelta  # noqa: E402 - found through the line above

import msgspec  # noqa: E402

from cqsc_conform.bundle.journal import JOURNAL, JournalWriter, read_journal  # noqa: E402
from cqsc_conform.bundle.open import open_bundle  # noqa: E402
from cqsc_conform.bundle.seal import seal  # noqa: E402
from cqsc_conform.cli.assemble import bench_from, prepare  # noqa: E402
from cqsc_conform.cli.finish import report_of  # noqa: E402
from cqsc_conform.cli.references import PUBLISHED, running_api, write_target  # noqa: E402
from cqsc_conform.cli.running import run_one  # noqa: E402
from cqsc_conform.cli.verifying import judged_again  # noqa: E402
from cqsc_conform.engine.plan import plan_digest  # noqa: E402
from cqsc_conform.engine.settle import Choices  # noqa: E402
from cqsc_conform.errors import KitError  # noqa: E402
from cqsc_conform.model.codec import encode_readable  # noqa: E402
from cqsc_conform.trust.issue import issue_plan, issue_verdicts  # noqa: E402
from cqsc_conform.trust.verify import verify_bundle  # noqa: E402
from trust.make import NOW, Lab, signed_bundle  # noqa: E402

REQUIREMENTS = 1000
TIMES = 5


def thousand(folder: Path, lab: Lab) -> Path:
    """Make a signed bundle whose plan holds 1,000 requirements on the evidence of one run."""
    os.environ.update(PUBLISHED)
    run = folder / "run"
    with running_api() as url:
        setup = prepare(write_target(folder, url), ["di-catalog"], Choices())
        run_one(setup, run, ())
    entries = read_journal(run / JOURNAL).entries
    several = [
        msgspec.structs.replace(each, id=f"{each.id}-{number}")
        for number in range(REQUIREMENTS)
        for each in setup.plan.items
    ]
    plan = msgspec.structs.replace(setup.plan, items=tuple(several[:REQUIREMENTS]))
    for name in (JOURNAL, "manifest.json"):
        (run / name).unlink()
    (run / "plan.json").write_bytes(encode_readable(plan))
    header = msgspec.structs.replace(entries[0], plan_digest=plan_digest(plan))
    with JournalWriter(run / JOURNAL) as journal:
        for each in (header, *entries[1:]):
            journal.append(each)
    with open_bundle(run) as bundle:
        bench = bench_from(bundle)
        verdicts, report = report_of(plan, bundle.state, bundle.evidence_of, bench)
    (run / "verdicts.json").write_bytes(verdicts)
    (run / "report.json").write_bytes(encode_readable(report))
    begun = datetime.fromisoformat(header.at)
    issue_plan(run, plan, [lab.tester], begun - timedelta(seconds=1))
    seal(run)
    return issue_verdicts(run, [lab.tester], datetime.now(UTC))


def seconds_to_verify(archive: Path) -> tuple[float, float]:
    """Give the medians of some verifications, replay included: of the clock, of the processor."""
    taken, used = [], []
    for _ in range(TIMES):
        start, busy = time.perf_counter(), time.process_time()
        with open_bundle(archive) as bundle:
            shown = verify_bundle(bundle, now=datetime.now(UTC), judging=judged_again)
        assert shown.verification.replayed == REQUIREMENTS  # noqa: S101 - or nothing was measured
        taken.append(time.perf_counter() - start)
        used.append(time.process_time() - busy)
    return statistics.median(taken), statistics.median(used)


def flips(archive: Path) -> tuple[int, int, float]:
    """Flip each byte in turn; gives how many there are, how many went unnoticed, seconds."""
    whole = archive.read_bytes()
    unnoticed, start = 0, time.perf_counter()
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        archive.write_bytes(flipped)
        try:
            with open_bundle(archive) as bundle:
                verify_bundle(bundle, now=NOW, judging=judged_again)
            unnoticed += 1
        except KitError:
            continue
    archive.write_bytes(whole)
    return len(whole), unnoticed, time.perf_counter() - start


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, busy = seconds_to_verify(thousand(folder, Lab()))
        print(f"verify of {REQUIREMENTS} requirements: {seconds:.2f} s, {busy:.2f} s of processor")
        archive = signed_bundle(folder / "small", Lab())
        count, unnoticed, seconds = flips(archive)
        print(f"flips: {count}, unnoticed: {unnoticed}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
