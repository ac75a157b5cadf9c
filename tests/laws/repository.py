"""The files of the project as a stranger's clone has them."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cqsc_conform"
NOT_OURS = {".venv", ".cache", "dist", "build", "demo", "node_modules", "wheelhouse", "__pycache__"}
NOT_TEXT = {".zip", ".png", ".whl"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project: what git tracks, or all there is without git."""
    if (ROOT / ".git").exists():
        listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        found = [ROOT / name for name in listed if name]
    else:
        found = [
            path
            for path in ROOT.rglob("*")
            if not NOT_OURS.intersection(path.relative_to(ROOT).parts)
        ]
    return tuple(sorted(path for path in found if path.is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every file of the project that is text."""
    for path in files():
        if path.suffix not in NOT_TEXT:
            name = path.relative_to(ROOT).as_posix()
            yield name, path.read_text(encoding="utf-8", errors="replace")


def python_files(folder: Path) -> tuple[Path, ...]:
    """Every Python file of the project under a folder."""
    return tuple(path for path in files() if path.suffix == ".py" and path.is_relative_to(folder))


def git(*words: str) -> str:
    """What git answers, run in the project."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True)
    return done.stdout.decode()


def changed_since_release() -> tuple[str, ...]:
    """Names of files that differ from the last release; without one, every file is new."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD") if (ROOT / ".git").exists() else ""
    if not tags:
        return tuple(path.relative_to(ROOT).as_posix() for path in files())
    newest = git("describe", "--tags", "--abbrev=0", "--match", "v*").strip()
    return tuple(git("diff", "--name-only", newest).splitlines())
