"""``manifest.json``: commitments of every file of a bundle but itself and ``statements/``."""

from typing import Literal

from msgspec import Struct


class FileEntry(Struct, frozen=True, omit_defaults=True):
    """A file of a bundle, by its SHA-256 and size."""

    path: str
    sha256: str
    size: int


class SegmentEntry(Struct, frozen=True):
    """An evidence segment, committed leaf by leaf so that it can be redacted.

    ``root`` is the Merkle root (RFC 6962 hashing) over the commitments of its records in order.
    """

    path: str
    records: int
    root: str


class StreamEntry(Struct, frozen=True):
    """A stream file of a trace: its size, and the root over the commitments of its chunks."""

    path: str
    size: int
    root: str


class Manifest(Struct, frozen=True, omit_defaults=True):
    """All that a bundle holds; a file that is not listed does not belong to it."""

    schema: Literal["cqsc-manifest/1"]
    plan_digest: str
    journal_head: str
    evidence_root: str
    files: tuple[FileEntry, ...]
    segments: tuple[SegmentEntry, ...]
    streams: tuple[StreamEntry, ...] = ()
