"""Run a command under a watch: its time, and the most memory that it ever held."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Linux counts ru_maxrss in KiB, macOS in bytes.
RSS_UNITS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Measured:
    """What a command gave and took.

    ``returncode`` is negative for a signal, as in subprocess; ``peak_rss_mb`` is the largest
    resident set in MiB of the command itself and of children that it waited for, whichever is
    larger; ``seconds`` hold some 20 ms of the watch's own; ``timed_out`` says that it was killed
    at the timeout.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    peak_rss_mb: float
    seconds: float
    timed_out: bool


# A process keeps, over exec, the peak of whatever it was started from: forked by a large test
# process it would be charged with the tests' memory. So a small process forks the command.
WATCH = """
import json, os, signal, sys
report, timeout, argv = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
child = os.fork()
if not child:
    try:
        os.close(report)
        os.execvp(argv[0], argv)
    finally:
        os._exit(127)
expired = []
def expire(*_):
    expired.append(1)
    os.kill(child, signal.SIGKILL)
signal.signal(signal.SIGALRM, expire)
signal.setitimer(signal.ITIMER_REAL, timeout)
_, status, usage = os.wait4(child, 0)
signal.setitimer(signal.ITIMER_REAL, 0)
said = [os.waitstatus_to_exitcode(status), usage.ru_maxrss, bool(expired)]
os.write(report, json.dumps(said).encode())
"""
GRACE_SECONDS = 30


def run_measured(
    argv: Sequence[str],
    timeout: float,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Measured:
    """Run a command to its end, or kill it after ``timeout`` seconds."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as report,
    ):
        given.write(stdin)
        given.seek(0)
        watch = [sys.executable, "-ISc", WATCH, str(report.fileno()), str(timeout)]
        started = time.monotonic()
        subprocess.run(
            [*watch, *argv],
            stdin=given,
            stdout=out,
            stderr=err,
            cwd=cwd,
            env=env,
            pass_fds=[report.fileno()],
            timeout=timeout + GRACE_SECONDS,
            check=True,
        )
        seconds = time.monotonic() - started
        for file in (out, err, report):
            file.seek(0)
        returncode, peak, expired = json.loads(report.read())
        return Measured(
            returncode, out.read(), err.read(), peak / RSS_UNITS_PER_MB, seconds, expired
        )
