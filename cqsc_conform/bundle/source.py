"""Where a bundle's files come from: an open folder, or a sealed archive.  Nothing is unpacked."""

import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from cqsc_conform.bundle.paths import MAX_FILES, VIEWS, check_path
from cqsc_conform.bundle.zipping import MAX_ARCHIVE, PIECE, Stored, read_layout
from cqsc_conform.errors import Blame, KitError

__all__ = ["ArchiveSource", "FolderSource", "Source", "open_source", "pieces"]


class Source(Protocol):
    """Files by name, read in bounded pieces."""

    sizes: Mapping[str, int]
    sealed: bool

    def read_at(self, name: str, offset: int, length: int) -> bytes:
        """Read a span, shorter at the end of the file."""

    def check(self, name: str) -> None:
        """Hold a file against what the source itself says of it."""

    def close(self) -> None:
        """Let go of the files."""


def open_source(path: Path) -> Source:
    """Open a folder or an archive.

    :raises KitError: ``bundle.missing``, ``bundle.not_readable``, and what a bad folder or
        archive gives: ``.not_a_zip``, ``.zip_truncated``, ``.too_large``, ``.compressed``,
        ``.symlink``, ``.not_a_file``, ``.unsafe_path``, ``.duplicate_entry``, ``.not_canonical``.
    """
    try:
        if path.is_dir():
            return FolderSource(path)
        # A pipe or a device would be waited for without end.
        if path.exists() and not path.is_file():
            raise KitError("bundle.not_a_file", Blame.YOU, where=str(path))
        return ArchiveSource(path)
    except FileNotFoundError as error:
        raise KitError("bundle.missing", Blame.YOU, where=str(path)) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def pieces(source: Source, name: str) -> Iterator[bytes]:
    """Read a file from its beginning to its end in pieces of 1 MiB."""
    size, at = source.sizes[name], 0
    while at < size:
        piece = source.read_at(name, at, PIECE)
        if not piece:
            raise KitError("bundle.file_changed", Blame.YOU, where=name)
        at += len(piece)
        yield piece


class FolderSource:
    """A bundle's open folder."""

    sealed = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sizes: Mapping[str, int] = dict(_walk(folder))
        self._lock = threading.Lock()
        self._open: tuple[str, BinaryIO] | None = None

    def read_at(self, name: str, offset: int, length: int) -> bytes:
        """Read a span, shorter at the end of the file."""
        with self._lock:
            try:
                file = self._handle(name)
                file.seek(offset)
                return file.read(length)
            except OSError as error:
                raise _unreadable(self._folder / name, error) from error

    def check(self, name: str) -> None:
        """Hold nothing: a folder says nothing of its files."""

    def close(self) -> None:
        """Let go of the files."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _handle(self, name: str) -> BinaryIO:
        if self._open is None or self._open[0] != name:
            self.close()
            self._open = (name, (self._folder / name).open("rb"))
        return self._open[1]


class ArchiveSource:
    """A sealed bundle."""

    sealed = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        self._lock = threading.Lock()
        try:
            entries = read_layout(self._file, str(path))
        except BaseException:
            self._file.close()
            raise
        self._entries: dict[str, Stored] = {each.name: each for each in entries}
        self.sizes: Mapping[str, int] = {each.name: each.size for each in entries}

    def read_at(self, name: str, offset: int, length: int) -> bytes:
        """Read a span, shorter at the end of the file."""
        entry = self._entries[name]
        length = max(0, min(length, entry.size - offset))
        with self._lock:
            try:
                self._file.seek(entry.start + offset)
                return self._file.read(length)
            except OSError as error:
                raise _unreadable(self._path, error) from error

    def check(self, name: str) -> None:
        """Hold a file against its CRC."""
        crc = 0
        for piece in pieces(self, name):
            crc = zlib.crc32(piece, crc)
        if crc != self._entries[name].crc:
            raise KitError("bundle.file_changed", Blame.YOU, where=name)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _walk(folder: Path) -> Iterator[tuple[str, int]]:
    """List a folder's files with their sizes, but no view and nothing that a writing left over."""
    total = count = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            for entry in found:
                if entry.name.startswith(".") and entry.name.endswith(".part"):
                    continue
                name = check_path(Path(entry.path).relative_to(folder).as_posix())
                if name in VIEWS:
                    continue
                if entry.is_symlink():
                    raise KitError("bundle.symlink", Blame.YOU, where=name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                    continue
                if not entry.is_file(follow_symlinks=False):
                    raise KitError("bundle.not_a_file", Blame.YOU, where=name)
                size = entry.stat(follow_symlinks=False).st_size
                total, count = total + size, count + 1
                if total > MAX_ARCHIVE or count > MAX_FILES:
                    raise KitError("bundle.too_large", Blame.YOU, where=name, limit=MAX_ARCHIVE)
                yield name, size


def _unreadable(path: Path, error: OSError) -> KitError:
    return KitError("bundle.not_readable", Blame.YOU, where=str(path), why=error.strerror or "")
