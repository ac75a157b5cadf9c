"""Recomputing all that a bundle commits to."""

import hashlib
from functools import partial

from msgspec import Struct

from cqsc_conform.bundle.commit import evidence_root
from cqsc_conform.bundle.index import segments_of, streams_of
from cqsc_conform.bundle.journal import JOURNAL
from cqsc_conform.bundle.open import Bundle
from cqsc_conform.bundle.paths import MANIFEST, PLAN, STATEMENTS, VERDICTS
from cqsc_conform.bundle.segments import segment_name
from cqsc_conform.bundle.source import pieces
from cqsc_conform.bundle.streams import verify_trace
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import CanonicalFault, digest
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.evidence import Trace
from cqsc_conform.model.journal import Footer
from cqsc_conform.model.manifest import FileEntry, Manifest, SegmentEntry, StreamEntry

__all__ = ["Integrity", "describe", "verify_integrity"]


class Integrity(Struct, frozen=True):
    """A bundle that is what its manifest says.

    ``removed`` names the leaves that were redacted, by (evidence id, repeat); a verdict that
    leans on them cannot be replayed.
    """

    manifest: Manifest
    records: int
    removed: dict[tuple[str, int], tuple[str, ...]]


def verify_integrity(bundle: Bundle) -> Integrity:
    """Recompute digests, chain, commitments and roots, and hold them against the manifest.

    :raises KitError: ``bundle.manifest_missing``, ``.manifest_changed``, ``.file_changed``,
        ``.plan_differs``, and what ``describe`` raises.
    """
    manifest = bundle.manifest
    if manifest is None:
        raise KitError("bundle.manifest_missing", Blame.YOU, where=str(bundle.path))
    for name in bundle.source.sizes:
        bundle.source.check(name)
    found = describe(bundle)
    for listed, there in zip(manifest.files, found.manifest.files, strict=False):
        if listed != there:
            raise KitError("bundle.file_changed", Blame.YOU, where=there.path)
    if found.manifest != manifest:
        raise KitError("bundle.manifest_changed", Blame.YOU, where=MANIFEST)
    return found


def describe(bundle: Bundle) -> Integrity:
    """Compute the manifest of a finished run, verifying journal and evidence on the way.

    :raises KitError: ``bundle.file_missing``, ``.journal_torn``, ``.unfinished`` (no footer),
        ``.plan_differs`` (plan, journal and verdicts name different plans),
        ``.job_differs``,
        ``.evidence_beyond`` (records that the journal does not speak of), and what reading
        the journal and records raises.
    """
    for name in (JOURNAL, PLAN, VERDICTS):
        if name not in bundle.source.sizes:
            raise KitError("bundle.file_missing", Blame.YOU, where=name)
    footer = _footer(bundle)
    plan_digest = _plan_digest(bundle)
    # Reading the order holds it to the plan.
    _ = bundle.job
    removed: dict[tuple[str, int], tuple[str, ...]] = {}
    commitments: list[str] = []
    segments = []
    for number, path in enumerate(segments_of(bundle.source), 1):
        if path != segment_name(number):
            raise KitError("bundle.evidence_beyond", Blame.YOU, where=path)
        found = _segment(bundle, number, removed)
        segments.append(SegmentEntry(path, len(found), evidence_root(found)))
        commitments += found
    streams = _streams(bundle)
    # The run's root follows the journal, whatever order threads wrote the segments in.
    spoken_of = bundle.state.commitments
    if len(spoken_of) != len(commitments):
        raise KitError("bundle.evidence_missing", Blame.YOU, where=segment_name(len(segments) + 1))
    root = evidence_root(spoken_of)
    if footer.evidence_root != root:
        raise KitError("bundle.evidence_changed", Blame.YOU, where=JOURNAL)
    manifest = Manifest(
        schema="cqsc-manifest/1",
        plan_digest=plan_digest,
        journal_head=bundle.journal.head,
        evidence_root=root,
        files=tuple(_entry(bundle, name) for name in _files(bundle)),
        segments=tuple(segments),
        streams=streams,
    )
    return Integrity(manifest, len(commitments), removed)


def _footer(bundle: Bundle) -> Footer:
    if bundle.journal.torn:
        raise KitError("bundle.journal_torn", Blame.YOU, where=JOURNAL, torn=bundle.journal.torn)
    footer = bundle.state.footer
    if footer is None:
        raise KitError("bundle.unfinished", Blame.YOU, where=JOURNAL)
    return footer


def _plan_digest(bundle: Bundle) -> str:
    try:
        computed = digest(to_builtins(bundle.plan))
    except CanonicalFault as fault:
        raise KitError("bundle.not_model", Blame.YOU, where=PLAN, why=fault.code) from fault
    for name, said in (
        (JOURNAL, bundle.state.header.plan_digest),
        (VERDICTS, bundle.verdicts.plan_digest),
    ):
        if said != computed:
            raise KitError("bundle.plan_differs", Blame.YOU, where=name)
    return computed


def _segment(
    bundle: Bundle, number: int, removed: dict[tuple[str, int], tuple[str, ...]]
) -> list[str]:
    """Verify a segment's records and list their commitments."""
    commitments = []
    end, in_place = 0, True
    for kept, record in bundle.index.records(number):
        offset, length = bundle.index.place(kept)
        if record.seed is None:
            removed[kept.id, kept.repeat] = tuple(record.removed)
            in_place = False
        # Before the first redacted record, everything lies where the journal says.
        if in_place and (kept.offset, kept.length) != (offset, length):
            raise KitError("bundle.evidence_changed", Blame.YOU, where=kept.id)
        end = offset + length
        commitments.append(record.commitment)
    name = segment_name(number)
    if end != bundle.source.sizes[name]:
        raise KitError("bundle.evidence_beyond", Blame.YOU, where=name)
    return commitments


def _streams(bundle: Bundle) -> tuple[StreamEntry, ...]:
    """Verify each trace's stream; a stream that no trace names does not belong to the bundle."""
    there = streams_of(bundle.source)
    named: dict[str, Trace] = {}
    for kept in (each for some in bundle.index.kept.values() for each in some):
        if kept.stream is None:
            continue
        trace = bundle.index.record(kept).evidence
        if not isinstance(trace, Trace) or trace.stream != kept.stream or kept.stream in named:
            raise KitError("bundle.evidence_changed", Blame.YOU, where=kept.id)
        if kept.stream not in there:
            raise KitError("bundle.stream_missing", Blame.YOU, where=kept.stream)
        named[kept.stream] = trace
    for name in there:
        if name not in named:
            raise KitError("bundle.evidence_beyond", Blame.YOU, where=name)
        verify_trace(named[name], bundle.source.sizes[name], partial(bundle.source.read_at, name))
    return tuple(
        StreamEntry(name, bundle.source.sizes[name], named[name].root) for name in sorted(named)
    )


def _files(bundle: Bundle) -> list[str]:
    segments = {*segments_of(bundle.source), *streams_of(bundle.source)}
    return sorted(
        name
        for name in bundle.source.sizes
        if name != MANIFEST and name not in segments and not name.startswith(STATEMENTS)
    )


def _entry(bundle: Bundle, name: str) -> FileEntry:
    running = hashlib.sha256()
    for piece in pieces(bundle.source, name):
        running.update(piece)
    return FileEntry(name, running.hexdigest(), bundle.source.sizes[name])
