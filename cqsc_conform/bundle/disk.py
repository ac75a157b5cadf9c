"""Writing whole pieces or nothing: appending to a file, and putting one in place."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cqsc_conform.errors import Blame, KitError

__all__ = ["Appender", "replace", "write_trouble"]

try:
    import fcntl
except ImportError:  # a system without advisory locks: two runs in one folder go unnoticed
    fcntl = None  # type: ignore[assignment]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_trouble(error: OSError, path: Path) -> KitError:
    """Say that a file could not be written, and that the disk is full if it is."""
    if error.errno in _FULL:
        return KitError("bundle.disk_full", Blame.YOU, where=str(path))
    return KitError("bundle.not_writable", Blame.YOU, where=str(path), why=error.strerror or "")


def replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Put a new file in a path's place once it is written whole; nothing changes otherwise.

    :raises KitError: ``bundle.disk_full``, ``bundle.not_writable``, what ``write`` raises.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise write_trouble(error, path) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


class Appender:
    """Holds a file open for appending, without a buffer of its own.

    Each piece goes out in one write, so that what was written outlives the process.  A piece
    that does not fit is taken back.
    """

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        """Open or create; ``alone`` locks the file against other processes.

        :raises KitError: ``bundle.in_use``, ``bundle.not_writable``, ``bundle.disk_full``.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise write_trouble(error, path) from error
        self.path = path
        if alone and fcntl is not None:
            self._lock()
        self.size = os.fstat(self._file).st_size

    def append(self, piece: bytes | bytearray) -> int:
        """Write a piece at the end and tell the offset at which it begins.

        :raises KitError: ``bundle.disk_full``, ``bundle.not_writable``; nothing is left then.
        """
        start = self.size
        try:
            written = os.write(self._file, piece)
            while written < len(piece):
                written += os.write(self._file, memoryview(piece)[written:])
        except OSError as error:
            self._take_back(start)
            raise write_trouble(error, self.path) from error
        self.size = start + written
        return start

    def close(self) -> None:
        """Hand everything to the disk and let go."""
        if self._file >= 0:
            try:
                os.fsync(self._file)
            except OSError as error:
                raise write_trouble(error, self.path) from error
            finally:
                os.close(self._file)
                self._file = -1

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise KitError("bundle.in_use", Blame.YOU, where=str(self.path)) from error
        except OSError:
            # Some network file systems have no locks; the journal's chain still shows a clash.
            return

    def _take_back(self, size: int) -> None:
        # A torn end that stays is found and cut by the repair before a resume.
        with suppress(OSError):
            os.ftruncate(self._file, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
