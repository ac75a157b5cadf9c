"""The whole command line as a process, and what it leaves."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-W", "error", "-m", "cqsc_conform")
QUICK = "{connect_seconds: 1, exchange_seconds: 1, probe_seconds: 3, run_seconds: 8}"
"""Limits for targets that never end an answer: their deadline is what ends it."""
PATIENT = "{connect_seconds: 10, exchange_seconds: 20, probe_seconds: 60, run_seconds: 120}"
"""Limits that no busy machine comes near, for targets whose answers end or are cut by size."""

# Paths of a machine's own settings that would choose the language or the console's code.
_UNSET = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "CQSC_LANG", "PYTHONIOENCODING")


def environment(**more: str) -> dict[str, str]:
    """Give the environment of a command: this checkout, UTF-8, 80 columns, nothing inherited."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONUTF8": "1", **more}


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def kit(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    encoding: str = "utf-8",
) -> Done:
    """Run a command to its end; a traceback on either stream fails whatever asked."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        env=environment(**(env or {})),
        cwd=cwd,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert "Traceback" not in out + err, err
    return Done(done.returncode, out, err)


def target(folder: Path, url: str, *, more: str = "", limits: str = PATIENT) -> Path:
    """Write a target file of one endpoint."""
    path = folder / "target.yaml"
    path.write_text(
        "schema: cqsc-target/1\n"
        "subject: {maker: {name: 试验厂商}, name: 试验接口}\n"
        "data_class: synthetic\n"
        "profiles: [di-catalog]\n"
        f'endpoints: {{api: {{url: "{url}"}}}}\n'
        f"{more}limits: {limits}\n",
        encoding="utf-8",
    )
    return path


def report_in(folder: Path) -> dict[str, Any]:
    """Read the report that a run left."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return found


def row_of(report: dict[str, Any], requirement: str) -> dict[str, Any]:
    """Find a requirement's row."""
    rows: list[dict[str, Any]] = report["requirements"]
    return next(row for row in rows if row["id"] == requirement)
