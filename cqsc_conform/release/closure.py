"""What a module is made of: the files of the package that it reaches by its imports."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["closure", "digest_of_files"]


def closure(package: Path, modules: Iterable[str]) -> tuple[Path, ...]:
    """List the files of a package that modules reach, themselves included, in order.

    ``modules`` are dotted names below the package (``checks.paging``).  The file of a package
    along the way (``__init__``) counts where it is imported for itself.
    """
    known: set[Path] = set()
    ahead = [found for name in modules for found in _files(package, name)]
    while ahead:
        path = ahead.pop()
        if path not in known:
            known.add(path)
            ahead.extend(
                each for name in _imported(package, path) for each in _files(package, name)
            )
    return tuple(sorted(known))


def digest_of_files(package: Path, files: Iterable[Path]) -> str:
    """Digest files with their places in the package, as hex of SHA-256."""
    total = hashlib.sha256()
    for path in files:
        data = path.read_bytes()
        total.update(f"{path.relative_to(package).as_posix()} {len(data)}\n".encode() + data)
    return total.hexdigest()


def _files(package: Path, name: str) -> Iterator[Path]:
    place = package.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            yield path


def _imported(package: Path, path: Path) -> Iterator[str]:
    """Name what a file imports of its own package; a name may be a module or what it holds."""
    prefix = package.name + "."
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module.startswith(prefix):
                inside = node.module.removeprefix(prefix)
                within = [f"{inside}.{alias.name}" for alias in node.names]
                found = [each for each in within if any(_files(package, each))]
                yield from found
                if len(found) < len(within):
                    yield inside
            elif node.module == package.name:
                yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            yield from (each.removeprefix(prefix) for each in names if each.startswith(prefix))
