"""Evidence on disk: append-only segments ``evidence/000001.ndjson`` …, one record a line."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from cqsc_conform.bundle.commit import (
    SEED_BYTES,
    commitment_of,
    verify_record,
)
from cqsc_conform.bundle.disk import Appender, write_trouble
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode
from cqsc_conform.model.evidence import Evidence, Record, Trace
from cqsc_conform.model.journal import Kept
from cqsc_conform.model.world import Entropy

__all__ = [
    "EVIDENCE",
    "SegmentWriter",
    "parse_record",
    "read_evidence",
    "read_record",
    "read_records",
    "segment_name",
]

EVIDENCE = "evidence"
MAX_SEGMENT = 64 * 2**20

_evidence: "msgspec.json.Decoder[Evidence]" = msgspec.json.Decoder(Evidence)
_encoder = msgspec.json.Encoder(order="deterministic")
_record: "msgspec.json.Decoder[Record]" = msgspec.json.Decoder(Record)


def segment_name(number: int) -> str:
    """Name a segment inside a bundle; numbers count from 1."""
    return f"{EVIDENCE}/{number:06d}.ndjson"


class SegmentWriter:
    """Writes evidence down, each piece in one unbuffered write, before the journal says so.

    A segment that has reached ``max_bytes`` is followed by the next one.  A folder that has
    segments already is gone on with; call ``repair`` first.  May be used by several threads.
    """

    def __init__(self, folder: Path, entropy: Entropy, max_bytes: int = MAX_SEGMENT) -> None:
        """Open the evidence of a run's folder.

        :raises KitError: ``bundle.not_writable``, ``bundle.disk_full``.
        """
        self._folder = folder
        self._entropy = entropy
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        try:
            (folder / EVIDENCE).mkdir(parents=True, exist_ok=True)
            self._number = max(_numbers(folder), default=1)
        except OSError as error:
            raise write_trouble(error, folder / EVIDENCE) from error
        self._file = Appender(folder / segment_name(self._number))

    def keep(self, evidence: Evidence, repeat: int) -> Kept:
        """Write evidence under a fresh seed; the entry is the caller's to journal.

        :raises KitError: ``bundle.disk_full``, ``bundle.not_writable`` (nothing is left then),
            ``bundle.evidence_unwritable`` when a value has no JSON form.
        """
        record = _settled(evidence, self._entropy.bytes(SEED_BYTES))
        line = bytearray()
        _encoder.encode_into(record, line)
        line += b"\n"
        with self._lock:
            if self._file.size >= self._max_bytes:
                self._file.close()
                self._number += 1
                self._file = Appender(self._folder / segment_name(self._number))
            offset = self._file.append(line)
            return Kept(
                id=evidence.id,
                repeat=repeat,
                segment=self._number,
                offset=offset,
                length=len(line),
                commitment=record.commitment,
                stream=evidence.stream if isinstance(evidence, Trace) else None,
            )

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


def read_record(folder: Path, kept: Kept) -> Record:
    """Read the record that a journal entry speaks of, its commitment verified.

    :raises KitError: ``bundle.evidence_missing`` when the segment is too short or gone,
        ``bundle.evidence_changed`` when it is not what was kept.
    """
    return next(iter(read_records(folder, (kept,))))


def read_records(folder: Path, kept: Iterable[Kept]) -> Iterator[Record]:
    """Read records in the order of their journal entries; raises as :func:`read_record` does."""
    number, file = 0, None
    try:
        for entry in kept:
            if file is None or entry.segment != number:
                if file is not None:
                    file.close()
                number = entry.segment
                file = (folder / segment_name(number)).open("rb")
            file.seek(entry.offset)
            yield parse_record(file.read(entry.length), entry)
    except OSError as error:
        where = segment_name(number)
        raise KitError("bundle.evidence_missing", Blame.YOU, where=where) from error
    finally:
        if file is not None:
            file.close()


def read_evidence(folder: Path, kept: Iterable[Kept]) -> tuple[Evidence, ...]:
    """Read evidence in the order of its journal entries; raises as :func:`read_record` does."""
    return tuple(record.evidence for record in read_records(folder, kept))


def parse_record(line: bytes, kept: Kept) -> Record:
    """Verify the line of a record against its journal entry; raises as :func:`read_record`.

    A redacted record is longer or shorter than what was kept; there ``line`` is what the
    redacted segment has in its place.
    """
    if not line.endswith(b"\n"):
        raise KitError("bundle.evidence_missing", Blame.YOU, where=kept.id)
    try:
        record = _record.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KitError("bundle.evidence_changed", Blame.YOU, where=kept.id) from error
    written = encode(record) + b"\n"
    if written != line or (record.evidence.id, record.commitment) != (kept.id, kept.commitment):
        raise KitError("bundle.evidence_changed", Blame.YOU, where=kept.id)
    verify_record(record)
    return record


def _settled(evidence: Evidence, seed: bytes) -> Record:
    """Commit to evidence as it will be read back: an integer given for a float is not the same."""
    try:
        back = _evidence.decode(encode(evidence))
    except (msgspec.DecodeError, UnicodeError, TypeError, ValueError) as error:
        raise KitError(
            "bundle.evidence_unwritable", Blame.KIT, where=evidence.id, why=error
        ) from error
    return Record(evidence=back, commitment=commitment_of(back, seed), seed=seed.hex())


def _numbers(folder: Path) -> Iterator[int]:
    for path in (folder / EVIDENCE).glob("[0-9]*.ndjson"):
        if path.stem.isdigit():
            yield int(path.stem)
