"""The append-only record of a run on disk: ``journal.ndjson``.

A line is an entry's JSON with one more member at its end, ``sum``: the first 16 hex digits of
the SHA-256 of the entry without it.  ``prev`` chains the lines, ``sum`` guards the last one,
to which nothing is chained yet.
"""

import hashlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.disk import Appender
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode
from cqsc_conform.model.journal import Entry, Footer, Header, Resumed

__all__ = [
    "JOURNAL",
    "JournalRead",
    "JournalState",
    "JournalWriter",
    "parse_journal",
    "read_journal",
]

JOURNAL = "journal.ndjson"
MAX_LINE = 4 * 2**20
MAX_JOURNAL = 2**30

_decoder: "msgspec.json.Decoder[Entry]" = msgspec.json.Decoder(Entry)


class JournalRead(Struct, frozen=True):
    """A journal as read: ``torn`` counts the bytes of an unfinished last line.

    ``head`` is the SHA-256 of the last whole line, to which the next one is chained; ``size``
    counts the bytes of all whole lines.
    """

    entries: tuple[Entry, ...]
    head: str
    torn: int
    size: int


class JournalWriter:
    """Appends entries to a journal, each in one unbuffered write.

    An entry that ``append`` returned from outlives ``kill -9``.  May be used by several threads,
    not by several processes: the file is locked while it is open.
    """

    def __init__(self, path: Path) -> None:
        """Begin a journal, or go on with the one that lies there, verified first.

        :raises KitError: ``bundle.in_use`` when another run writes it, ``bundle.journal_torn``
            when it was not repaired, what ``read_journal`` raises, ``bundle.not_writable``.
        """
        self._lock = threading.Lock()
        self._file = Appender(path, alone=True)
        self._head = ""
        if self._file.size:
            try:
                self._head = _going_on(path)
            except KitError:
                self._file.close()
                raise

    @property
    def head(self) -> str:
        """Tell the SHA-256 of the last line."""
        return self._head

    def append(self, entry: Entry) -> None:
        """Write one entry, chained to the one before.

        :raises KitError: ``bundle.disk_full``, ``bundle.not_writable``; the journal then ends
            as it did before.
        """
        with self._lock:
            line = _line(msgspec.structs.replace(entry, prev=self._head))
            self._file.append(line + b"\n")
            self._head = hashlib.sha256(line).hexdigest()

    def close(self) -> None:
        """Hand everything to the disk and let go."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_journal(path: Path) -> JournalRead:
    """Read and verify a journal, as far as whole lines go.

    :raises KitError: ``bundle.journal_missing``, ``.journal_empty``, ``.journal_edited`` (a line
        is no entry, or its sum is wrong), ``.journal_reordered`` (the chain breaks),
        ``.journal_order`` (a header or footer stands where none may), ``.journal_too_large``.
    """
    try:
        if path.stat().st_size > MAX_JOURNAL:
            raise KitError(
                "bundle.journal_too_large", Blame.YOU, where=str(path), limit=MAX_JOURNAL
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise KitError("bundle.journal_missing", Blame.YOU, where=str(path)) from error
    except OSError as error:
        raise KitError(
            "bundle.not_readable", Blame.YOU, where=str(path), why=error.strerror or ""
        ) from error
    return parse_journal(data, where=str(path))


def _going_on(path: Path) -> str:
    read = read_journal(path)
    if read.torn:
        raise KitError("bundle.journal_torn", Blame.YOU, where=str(path), torn=read.torn)
    return read.head


def parse_journal(data: bytes, *, where: str = JOURNAL) -> JournalRead:
    """Verify the bytes of a journal; raises as :func:`read_journal` does."""
    lines = data.split(b"\n")
    torn = len(lines.pop())
    if not lines:
        raise KitError("bundle.journal_empty", Blame.YOU, where=where)
    head = ""
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        entry = _entry(line, f"{where}:{number}")
        if entry.prev != head:
            raise KitError("bundle.journal_reordered", Blame.YOU, where=f"{where}:{number}")
        _in_place(entry, entries, f"{where}:{number}")
        entries.append(entry)
        head = hashlib.sha256(line).hexdigest()
    return JournalRead(tuple(entries), head, torn, len(data) - torn)


def _in_place(entry: Entry, before: list[Entry], where: str) -> None:
    """Hold that a journal has one header, first, and goes on after a footer only by resuming."""
    first = not before
    after_end = bool(before) and isinstance(before[-1], Footer) and not isinstance(entry, Resumed)
    if isinstance(entry, Header) is not first or after_end:
        raise KitError("bundle.journal_order", Blame.YOU, where=where)


def _line(entry: Entry) -> bytes:
    body = encode(entry)
    # What is written must be read back the same: an integer given for a float is not.
    settled = encode(_decoder.decode(body))
    return b'%s,"sum":"%s"}' % (settled[:-1], _sum(settled))


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()


def _entry(line: bytes, where: str) -> Entry:
    try:
        if len(line) > MAX_LINE:
            raise KitError("bundle.journal_too_large", Blame.YOU, where=where, limit=MAX_LINE)
        entry = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KitError("bundle.journal_edited", Blame.YOU, where=where) from error
    if _line(entry) != line:
        raise KitError("bundle.journal_edited", Blame.YOU, where=where)
    return entry
