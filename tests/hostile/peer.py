"""Start hostile peers as a process of their own, for as long as a ``with`` block lasts."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ZOO_SCRIPT = Path(__file__).with_name("zoo.py")
STOP_SECONDS = 10


@dataclass(frozen=True)
class Peer:
    """Where one hostile peer listens, and its second origin with the same behaviour."""

    url: str
    other: str


@contextmanager
def hostile_zoo(
    *names: str,
    log: Path | None = None,
    pace: float = 0.3,
) -> Iterator[dict[str, Peer]]:
    """Run the named peers (all of them where none is named) in one process.

    ``log`` is a file that gets one JSON line a request; ``pace`` the seconds between two bytes
    of a drip.
    """
    argv = [sys.executable, str(ZOO_SCRIPT), *(names or ["--all"]), "--pace", str(pace)]
    argv += ["--log", str(log)] if log else []
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or process.stdin is None:
                raise RuntimeError(argv)
            said = json.loads(process.stdout.readline())
            yield {
                name: Peer(where["listening"], where["other"])
                for name, where in said["peers"].items()
            }
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait(STOP_SECONDS)


@contextmanager
def hostile_peer(name: str, *, log: Path | None = None, pace: float = 0.3) -> Iterator[str]:
    """Run one peer and give its address."""
    with hostile_zoo(name, log=log, pace=pace) as peers:
        yield peers[name].url


def requests_in(log: Path) -> list[dict[str, Any]]:
    """Read what the peers were asked: peer, side, method, target, headers, body_bytes."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
