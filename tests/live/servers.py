"""Start servers that we did not write, on loopback, for as long as a ``with`` block lasts."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from live import data, record_data

ROOT = Path(__file__).resolve().parents[2]
PRISM = ROOT / ".cache" / "node" / "node_modules" / ".bin" / "prism"
OPENAPI = Path(__file__).with_name("catalog.openapi.yaml")
# Where rich is installed Datasette prints each refusal with all its local variables: a second each.
DATASETTE = "import sys; sys.modules['rich'] = None; from datasette.cli import cli; cli()"
START_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.05


@contextmanager
def datasette(folder: Path, now: datetime) -> Iterator[str]:
    """Serve the catalogue of ``data`` with Datasette; give the origin."""
    metadata = folder / "metadata.json"
    metadata.write_text(json.dumps(data.METADATA), encoding="utf-8")
    with _datasette(data.build(folder, now), folder, "--metadata", str(metadata)) as url:
        yield url


@contextmanager
def datasette_records(folder: Path, now: datetime) -> Iterator[str]:
    """Serve the records of ``record_data`` with Datasette; give the origin."""
    with _datasette(record_data.build(folder, now), folder) as url:
        yield url


@contextmanager
def _datasette(database: Path, folder: Path, *more: str) -> Iterator[str]:
    argv = [sys.executable, "-c", DATASETTE, "serve", str(database)]
    argv += ["--host", "127.0.0.1", "--port", str(_free_port()), *more]
    argv += ["--setting", "default_page_size", "20"]
    with _running(argv, r"Uvicorn running on (http://[\d.:]+)", folder / "datasette.log") as url:
        yield url


@contextmanager
def prism(folder: Path) -> Iterator[str]:
    """Serve the examples of ``catalog.openapi.yaml`` with Prism; give the origin."""
    if not PRISM.exists():
        message = f"{PRISM.relative_to(ROOT)} is missing: run `make setup-test`"
        raise FileNotFoundError(message)
    argv = [str(PRISM), "mock", "--host", "127.0.0.1", "--port", str(_free_port()), str(OPENAPI)]
    with _running(argv, r"listening on (http://[\d.:]+)", folder / "prism.log") as url:
        yield url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(argv: list[str], ready: str, log: Path) -> Iterator[str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        ) as process,
    ):
        try:
            yield _address(process, re.compile(ready), log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[bytes]", ready: re.Pattern[str], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := ready.search(said):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(POLL_SECONDS)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))
