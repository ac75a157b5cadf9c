"""Stream files of traces: ``evidence/streams/000001.mqtt`` …, committed chunk by chunk.

A chunk's commitment is ``SHA-256(0x00 ‖ salt ‖ bytes)``, the RFC 6962 hash of a leaf, under a
salt of its own; a stream's root is the Merkle root over them.  The trace that names a stream
holds the chunks and is itself committed to as evidence.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from cqsc_conform.bundle.commit import SALT_BYTES, leaf_commitment
from cqsc_conform.bundle.disk import Appender, write_trouble
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.merkle import root_of
from cqsc_conform.model.evidence import Chunk, Trace
from cqsc_conform.model.world import Entropy

__all__ = [
    "CHUNK",
    "STREAMS",
    "Stored",
    "StreamWriter",
    "next_stream",
    "read_chunks",
    "stream_pieces",
    "verify_trace",
]

STREAMS = "evidence/streams"
CHUNK = 64 * 1024
"""The most bytes of a chunk."""

_NAME = re.compile(r"evidence/streams/[0-9]{6}\.mqtt")
_MOST_CHUNKS = 2**18
ReadAt = Callable[[int, int], bytes]
"""Reads a span of a stream file by offset and length."""


class Stored(Struct, frozen=True):
    """A stream that was written: what its trace says of it."""

    stream: str
    root: str
    chunks: tuple[Chunk, ...]


def next_stream(folder: Path) -> str:
    """Name a stream that a run's folder does not have yet."""
    taken = [int(each.stem) for each in (folder / STREAMS).glob("*.mqtt") if each.stem.isdigit()]
    return f"{STREAMS}/{max(taken, default=0) + 1:06d}.mqtt"


class StreamWriter:
    """Writes one stream file, a whole chunk at a time; no file is made before the first one."""

    def __init__(self, folder: Path, entropy: Entropy) -> None:
        self._folder = folder
        self._entropy = entropy
        self._name = ""
        self._file: Appender | None = None
        self._held = bytearray()
        self._chunks: list[Chunk] = []

    def append(self, data: bytes) -> None:
        """Add bytes at the end.

        :raises KitError: ``bundle.disk_full``, ``bundle.not_writable``, ``bundle.too_large``.
        """
        self._held += data
        while len(self._held) >= CHUNK:
            self._write(bytes(self._held[:CHUNK]))
            del self._held[:CHUNK]

    def close(self) -> Stored:
        """Write what is held, hand everything to the disk, and say what was written."""
        try:
            if self._held or self._file is None:
                self._write(bytes(self._held))
                self._held.clear()
        finally:
            if self._file is not None:
                self._file.close()
        leaves = [bytes.fromhex(each.commitment) for each in self._chunks]
        return Stored(self._name, root_of(leaves).hex(), tuple(self._chunks))

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            with suppress(KitError):
                self._file.close()
            with suppress(OSError):
                (self._folder / self._name).unlink(missing_ok=True)

    def _write(self, piece: bytes) -> None:
        if len(self._chunks) >= _MOST_CHUNKS:
            raise KitError("bundle.too_large", Blame.TARGET, where=self._name, limit=_MOST_CHUNKS)
        if self._file is None:
            try:
                (self._folder / STREAMS).mkdir(parents=True, exist_ok=True)
                self._name = next_stream(self._folder)
            except OSError as error:
                raise write_trouble(error, self._folder / STREAMS) from error
            self._file = Appender(self._folder / self._name)
        if not piece:
            return
        salt = self._entropy.bytes(SALT_BYTES)
        offset = self._file.append(piece)
        commitment = leaf_commitment(salt, piece).hex()
        self._chunks.append(Chunk(offset, len(piece), commitment, salt.hex()))


def read_chunks(trace: Trace, read_at: ReadAt, *, holes: bool = False) -> Iterator[bytes]:
    """Read a trace's stream chunk by chunk, each one's commitment verified.

    With ``holes`` the chunks that were removed come as zeros.

    :raises KitError: ``bundle.stream_changed``, ``bundle.stream_removed``.
    """
    at = 0
    for chunk in trace.chunks:
        if chunk.offset != at or not 0 < chunk.length <= CHUNK:
            raise _changed(trace)
        data = read_at(at, chunk.length)
        at += chunk.length
        if not chunk.salt:
            # It was removed, and its salt with it; zeros keep its place.
            if len(data) != chunk.length or data.strip(b"\0"):
                raise _changed(trace)
            if not holes:
                raise KitError("bundle.stream_removed", Blame.YOU, where=trace.id)
            yield data
            continue
        try:
            salt = bytes.fromhex(chunk.salt)
        except ValueError:
            raise _changed(trace) from None
        whole = len(data) == chunk.length and len(salt) == SALT_BYTES
        if not whole or leaf_commitment(salt, data).hex() != chunk.commitment:
            raise _changed(trace)
        yield data


def verify_trace(trace: Trace, size: int, read_at: ReadAt) -> None:
    """Hold a stream file against its trace: every chunk, the root, and nothing behind them.

    :raises KitError: ``bundle.stream_changed``.
    """
    read = sum(map(len, read_chunks(trace, read_at, holes=True)))
    try:
        root = root_of([bytes.fromhex(each.commitment) for each in trace.chunks]).hex()
    except ValueError:
        raise _changed(trace) from None
    if read != size or root != trace.root:
        raise _changed(trace)


def stream_pieces(folder: Path, trace: Trace) -> Iterator[bytes]:
    """Read a trace's stream from a run's folder; the file is opened when this is called.

    :raises KitError: ``bundle.stream_missing``, ``bundle.stream_changed``.
    """
    if _NAME.fullmatch(trace.stream) is None:
        raise KitError("bundle.stream_missing", Blame.YOU, where=trace.id)
    try:
        file = (folder / trace.stream).open("rb")
    except OSError as error:
        raise KitError("bundle.stream_missing", Blame.YOU, where=trace.stream) from error

    def pieces() -> Iterator[bytes]:
        with file:
            yield from read_chunks(trace, lambda _, length: file.read(length))

    return pieces()


def _changed(trace: Trace) -> KitError:
    return KitError("bundle.stream_changed", Blame.YOU, where=trace.stream or trace.id)
