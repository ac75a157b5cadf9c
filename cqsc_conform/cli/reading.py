"""Files that the kit wrote earlier, read back; what is wrong with one is told with its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import decode
from cqsc_conform.model.report import Report

T = TypeVar("T")


def read_as(path: Path, type_: type[T], kind: str) -> T:
    """Read a JSON file of ours; raises ``cli.wrong_file`` where it is something else."""
    try:
        return decode(path.read_bytes(), type_)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise KitError("cli.wrong_file", where=str(path), kind=kind) from error


@contextmanager
def placed(path: Path) -> Iterator[None]:
    """Say of which bundle a faulty member is."""
    try:
        yield
    except KitError as error:
        if not error.code.startswith("bundle.") or error.where.startswith(str(path)):
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise KitError(
            error.code, error.blame, where=where, problems=error.problems, **error.args_
        ) from error


def report_of_bundle(path: Path) -> Report:
    """Read the report that a bundle holds."""
    with placed(path), open_bundle(path) as opened:
        return opened.report
