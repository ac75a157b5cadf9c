"""Removing parts of evidence from a bundle while every commitment, and so every root, holds."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from cqsc_conform.bundle.commit import leaf_commitment, salts
from cqsc_conform.bundle.hollow import hollowed, texts_of
from cqsc_conform.bundle.leaves import chunk_name, leaf_names, leaves
from cqsc_conform.bundle.leftovers import still_in
from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.parts import leaves_of_part, split_parts
from cqsc_conform.bundle.seal import write_bundle
from cqsc_conform.bundle.segments import segment_name
from cqsc_conform.bundle.source import pieces
from cqsc_conform.bundle.streams import read_chunks
from cqsc_conform.bundle.verify import describe, verify_integrity
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.stream import StreamFault, frame_places
from cqsc_conform.model.codec import encode, encode_readable
from cqsc_conform.model.evidence import Record, Trace
from cqsc_conform.model.journal import Kept

__all__ = ["Redacted", "redact", "redact_record"]


class Redacted(Struct, frozen=True):
    """What redacting came to.

    ``removed`` names the leaves that are gone, by evidence id.  ``still_in`` names the files of
    the new archive in which a removed text of eight characters or more is still found: other
    evidence, or what was derived from it (journal, verdicts, reports).
    """

    path: Path
    removed: dict[str, tuple[str, ...]]
    still_in: tuple[str, ...]


def redact(path: Path, out: Path, what: Sequence[str]) -> Redacted:
    """Write a sealed copy of a bundle without some parts of its evidence.

    ``what`` holds ``EVIDENCE_ID:PART``; a part is ``request.target`` (with the parameters, which
    say the same), ``params``, ``request.body``, ``response.body``, ``request.headers`` (all),
    ``response.headers.NAME``, ``response.trailers.3`` and so on; of a trace ``stream``,
    ``stream.N`` (a chunk) or ``frame.N`` (with the chunks it lies in).  It is removed from the
    records of all repeats and attempts.  Manifest, plan, journal, verdicts and statements stay
    as they are, byte by byte; a judge sees redacted evidence as unobserved.

    :raises KitError: what opening and verifying raise, ``bundle.redaction_syntax``,
        ``.redaction_field`` (a part of a body), ``.redaction_meta``, ``.redaction_nothing``,
        ``.redaction_stream`` (a part that no trace has),
        ``.evidence_unknown``, ``.out_inside``, ``.out_same``, ``.disk_full``, ``.not_writable``.
    """
    wanted = split_parts(what)
    if out.resolve() == path.resolve():
        raise KitError("bundle.out_same", Blame.YOU, where=str(out))
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise KitError("bundle.out_inside", Blame.YOU, where=str(out))
    with open_bundle(path) as bundle:
        found = describe(bundle) if bundle.manifest is None else verify_integrity(bundle)
        job = _Job(bundle, wanted)
        write_bundle(out, bundle, encode_readable(found.manifest), job.content)
    return Redacted(out, job.removed, still_in(out, job.texts))


def redact_record(record: Record, gone: frozenset[str]) -> Record:
    """Remove leaves of a record, whole or redacted before; its commitment stays."""
    listed = leaves(record.evidence, record.removed)
    names = [name for name, _ in listed]
    if record.seed is None:
        salted = {name: bytes.fromhex(salt) for name, salt in record.salts.items()}
    else:
        salted = dict(zip(names, salts(bytes.fromhex(record.seed), names), strict=True))
    removed = dict(record.removed)
    if isinstance(record.evidence, Trace):
        # A chunk is committed to in the trace, and what says so stays.
        for number, chunk in enumerate(record.evidence.chunks, 1):
            if chunk_name(number) in gone:
                removed[chunk_name(number)] = chunk.commitment
    for name, data in listed:
        if name in gone and data is not None:
            removed[name] = leaf_commitment(salted[name], data).hex()
    return Record(
        evidence=hollowed(record.evidence, frozenset(removed)),
        commitment=record.commitment,
        salts={name: salt.hex() for name, salt in salted.items() if name not in removed},
        removed=removed,
    )


class _Job:
    """Gives the content of the new archive and notes what was removed on the way."""

    def __init__(self, bundle: Bundle, wanted: dict[str, list[str]]) -> None:
        self._bundle = bundle
        self._wanted = wanted
        self._segments = {segment_name(each): each for each in bundle.index.kept}
        self.removed: dict[str, tuple[str, ...]] = {}
        self.texts: set[str] = set()
        self._holes: dict[str, tuple[Trace, frozenset[str]]] = {}
        known = {each.id for each in bundle.state.evidence}
        for evidence_id in wanted:
            if evidence_id not in known:
                raise KitError("bundle.evidence_unknown", Blame.YOU, where=evidence_id, repeat=1)
        self._gone = self._decide()

    def content(self, name: str) -> Iterator[bytes]:
        """Give a file in pieces."""
        number = self._segments.get(name)
        if name in self._holes:
            yield from self._stream(*self._holes[name])
            return
        if number is None:
            yield from pieces(self._bundle.source, name)
            return
        for kept in self._bundle.index.kept[number]:
            yield self._line(kept)

    def _line(self, kept: Kept) -> bytes:
        gone = self._gone.get((kept.segment, kept.offset))
        if gone is None:
            return self._bundle.index.line(kept)
        return encode(redact_record(self._bundle.index.record(kept), gone)) + b"\n"

    def _places(self, trace: Trace) -> Iterator[tuple[int, int]]:
        """Say where the frames of a trace lie."""
        try:
            yield from frame_places(self._bundle.stream(trace))
        except StreamFault as fault:
            raise KitError("bundle.stream_changed", Blame.YOU, where=trace.stream) from fault

    def _stream(self, trace: Trace, gone: frozenset[str]) -> Iterator[bytes]:
        """Give a stream with zeros in place of removed chunks; the others keep their place."""
        read_at = partial(self._bundle.source.read_at, trace.stream)
        for number, data in enumerate(read_chunks(trace, read_at, holes=True), 1):
            yield bytes(len(data)) if chunk_name(number) in gone else data

    def _decide(self) -> dict[tuple[int, int], frozenset[str]]:
        """Find the leaves to remove before anything is written; each part must match once."""
        gone: dict[tuple[int, int], frozenset[str]] = {}
        unmatched = {(id_, part) for id_, parts in self._wanted.items() for part in parts}
        for kept in (each for some in self._bundle.index.kept.values() for each in some):
            record = None
            for part in self._wanted.get(kept.id, ()):
                record = record or self._bundle.index.record(kept)
                names = leaf_names(record.evidence, record.removed)
                found = leaves_of_part(record.evidence, names, part, self._places)
                if found:
                    unmatched.discard((kept.id, part))
                place = (kept.segment, kept.offset)
                gone[place] = gone.get(place, frozenset()) | found
            if record is not None:
                names_gone = gone[kept.segment, kept.offset]
                if isinstance(record.evidence, Trace):
                    self._holes[record.evidence.stream] = record.evidence, names_gone
                self.texts |= texts_of(record.evidence, names_gone)
                before = self.removed.get(kept.id, ())
                self.removed[kept.id] = tuple(sorted({*before, *names_gone}))
        for evidence_id, part in sorted(unmatched):
            raise KitError("bundle.redaction_nothing", Blame.YOU, where=evidence_id, part=part)
        return {place: names for place, names in gone.items() if names}
