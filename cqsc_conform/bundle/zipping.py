"""The one zip form of a sealed bundle: the same content gives the same bytes everywhere.

Entries are stored, not deflated: what a deflater writes differs between builds of zlib, and a
stored archive cannot be a bomb.  Names are sorted, times are 1980-01-01, nothing is optional.
Every byte of the archive follows from names and contents, and reading checks just that.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec import Struct

from cqsc_conform.bundle.paths import MAX_FILES, check_path
from cqsc_conform.errors import Blame, KitError

__all__ = ["MAX_ARCHIVE", "PIECE", "Stored", "read_layout", "write_archive"]

MAX_ARCHIVE = 2**32 - 2
PIECE = 2**20

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF_8, _STORED, _DATE = 0x0800, 0, 0x0021
_NEEDED, _MADE_BY = 10, (3 << 8) | 10
_REGULAR = 0o100644 << 16
_KIND, _SYMLINK = 0o170000, 0o120000
_MAX_DIRECTORY = 16 * 2**20


class Stored(Struct, frozen=True):
    """An entry of an archive: its name, and where its bytes lie."""

    name: str
    size: int
    crc: int
    offset: int

    @property
    def start(self) -> int:
        """Tell where the content begins."""
        return self.offset + _LOCAL.size + len(self.name.encode())


def write_archive(
    out: BinaryIO, names: list[str], pieces: Callable[[str], Iterator[bytes]]
) -> None:
    """Write contents, given in pieces by name, into a seekable file.

    :raises KitError: ``bundle.too_large`` beyond 4 GiB or 65 000 files.
    :raises OSError: from ``out``.
    """
    entries: list[Stored] = []
    if len(names) > MAX_FILES:
        raise KitError("bundle.too_large", Blame.YOU, limit=MAX_FILES)
    for name in sorted(names):
        offset, size, crc = out.tell(), 0, 0
        out.write(_local(Stored(name, 0, 0, offset)))
        for piece in pieces(name):
            out.write(piece)
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if out.tell() > MAX_ARCHIVE:
                raise KitError("bundle.too_large", Blame.YOU, where=name, limit=MAX_ARCHIVE)
        entries.append(Stored(name, size, crc, offset))
        end = out.tell()
        out.seek(offset)
        out.write(_local(entries[-1]))
        out.seek(end)
    out.write(_closing(entries, out.tell()))


def read_layout(file: BinaryIO, where: str) -> tuple[Stored, ...]:
    """Read the directory of an archive that is of the one form in all but its contents.

    :raises KitError: ``bundle.not_a_zip``, ``.zip_truncated`` (the end is missing, or something
        follows it), ``.too_large``, ``.compressed``, ``.symlink``, ``.unsafe_path``,
        ``.duplicate_entry``, ``.not_canonical``.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(4) not in {b"PK\x03\x04", b"PK\x05\x06"}:
        raise KitError("bundle.not_a_zip", Blame.YOU, where=where)
    if size > MAX_ARCHIVE:
        raise KitError("bundle.too_large", Blame.YOU, where=where, limit=MAX_ARCHIVE)
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise KitError("bundle.zip_truncated", Blame.YOU, where=where)
    _, _, _, _, count, length, start, _ = _END.unpack(end)
    if length > _MAX_DIRECTORY or count > MAX_FILES:
        raise KitError("bundle.too_large", Blame.YOU, where=where, limit=MAX_FILES)
    if start + length + _END.size != size:
        raise KitError("bundle.zip_truncated", Blame.YOU, where=where)
    file.seek(start)
    directory = file.read(length)
    entries = tuple(_entries(directory, where))
    _in_one_form(file, entries, directory + end, start, where)
    return entries


def _entries(directory: bytes, where: str) -> Iterator[Stored]:
    at = 0
    seen: set[str] = set()
    while at < len(directory):
        if len(directory) - at < _CENTRAL.size or not directory.startswith(b"PK\x01\x02", at):
            raise KitError("bundle.not_canonical", Blame.YOU, where=where)
        fields = _CENTRAL.unpack_from(directory, at)
        method, crc, size, name_size, mode, offset = (
            fields[each] for each in (4, 7, 9, 10, 15, 16)
        )
        at += _CENTRAL.size
        try:
            name = directory[at : at + name_size].decode()
        except UnicodeDecodeError as error:
            raise KitError("bundle.not_canonical", Blame.YOU, where=where) from error
        at += name_size
        if (mode >> 16) & _KIND == _SYMLINK:
            raise KitError("bundle.symlink", Blame.YOU, where=name)
        if method != _STORED:
            raise KitError("bundle.compressed", Blame.YOU, where=name)
        check_path(name)
        if name in seen:
            raise KitError("bundle.duplicate_entry", Blame.YOU, where=name)
        seen.add(name)
        yield Stored(name, size, crc, offset)


def _in_one_form(
    file: BinaryIO, entries: tuple[Stored, ...], closing: bytes, start: int, where: str
) -> None:
    """Hold every byte outside the contents against the one that had to be written."""
    at = 0
    names = [each.name for each in entries]
    if names != sorted(names) or _closing(list(entries), start) != closing:
        raise KitError("bundle.not_canonical", Blame.YOU, where=where)
    for each in entries:
        local = _local(each)
        file.seek(each.offset)
        if each.offset != at or file.read(len(local)) != local:
            raise KitError("bundle.not_canonical", Blame.YOU, where=each.name)
        at += len(local) + each.size
    if at != start:
        raise KitError("bundle.not_canonical", Blame.YOU, where=where)


def _local(entry: Stored) -> bytes:
    name = entry.name.encode()
    sizes = (entry.crc, entry.size, entry.size, len(name), 0)
    return _LOCAL.pack(b"PK\x03\x04", _NEEDED, _UTF_8, _STORED, 0, _DATE, *sizes) + name


def _closing(entries: list[Stored], start: int) -> bytes:
    directory = b"".join(_central(each) for each in entries)
    count = len(entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return directory + end


def _central(entry: Stored) -> bytes:
    name = entry.name.encode()
    fixed = (b"PK\x01\x02", _MADE_BY, _NEEDED, _UTF_8, _STORED, 0, _DATE)
    sizes = (entry.crc, entry.size, entry.size, len(name))
    return _CENTRAL.pack(*fixed, *sizes, 0, 0, 0, 0, _REGULAR, entry.offset) + name
