"""Running the command line as a user does, on a target file pointed at a server under test."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
WHOLE = ("--level", "3")


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output and error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Run:
    """A run with an example's target file and expectations, and the folder it left."""

    name: str
    target: Path
    expected: Path
    folder: Path
    said: Said

    @property
    def report(self) -> dict[str, Any]:
        return read(self.folder / "report.json")

    @property
    def sealed(self) -> Path:
        return self.folder.with_suffix(".cqsc.zip")

    def row(self, number: int) -> dict[str, Any]:
        """Give the report's row of DI-CATALOG-number."""
        return self.named(f"DI-CATALOG-{number:03d}")

    def named(self, requirement: str) -> dict[str, Any]:
        """Give the report's row of a requirement."""
        return next(row for row in self.report["requirements"] if row["id"] == requirement)


def target_at(file: str, url: str, folder: Path) -> Path:
    """Copy a target file of the project, with its API at ``url``."""
    source = ROOT / file
    text, changed = re.subn(
        r'url: "http://127[^"]+"', f'url: "{url}"', source.read_text(encoding="utf-8")
    )
    assert changed == 1
    copy = folder / source.name
    copy.write_text(text, encoding="utf-8")
    return copy


def run_example(name: str, url: str, folder: Path, *words: str, **environment: str) -> Run:
    """Run an example of the project as its README says, with further words."""
    target = target_at(f"examples/targets/{name}.yaml", url, folder)
    expected, out = EXAMPLES / "expect" / f"{name}.yaml", folder / "run"
    said = cqsc("run", target, *WHOLE, *words, "-o", out, "--expect", expected, **environment)
    return Run(name, target, expected, out, said)


def cqsc(*words: object, **environment: str) -> Said:
    """Run ``cqsc-conform`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cqsc_conform", "--lang", "en", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())
