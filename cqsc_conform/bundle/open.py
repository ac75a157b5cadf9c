"""Opening a bundle, folder or archive; everything in it is read when asked for, and verified."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cqsc_conform.bundle.files import MAX_FILE, parse_json, parse_typed
from cqsc_conform.bundle.index import Index, streams_of
from cqsc_conform.bundle.journal import JOURNAL, MAX_JOURNAL, JournalRead, parse_journal
from cqsc_conform.bundle.paths import JOB, MANIFEST, PLAN, REPORT, STATEMENTS, VERDICTS
from cqsc_conform.bundle.segments import EVIDENCE
from cqsc_conform.bundle.source import Source, open_source, pieces
from cqsc_conform.bundle.state import JournalState
from cqsc_conform.bundle.streams import read_chunks
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.evidence import Evidence, Record, Trace, Unobserved
from cqsc_conform.model.job import Job
from cqsc_conform.model.journal import Kept
from cqsc_conform.model.manifest import FileEntry, Manifest
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.model.verdict import Verdicts

__all__ = ["Bundle", "open_bundle"]


UNREAD = frozenset({"attestation.name", "attestation.remark"})
"""Leaves that judging never reads: a verdict stands whether they are there or not."""


def open_bundle(path: Path) -> "Bundle":
    """Open a run's folder or a sealed archive, bounded, without unpacking anything.

    An archive has a manifest, and so may a folder; then the files must be those it lists, and
    each is held against it when it is read.  ``verify_integrity`` reads them all.

    :raises KitError: what ``open_source`` raises, ``bundle.manifest_missing``,
        ``.manifest_changed``, ``.file_missing``, ``.file_unlisted``, ``.file_changed``,
        ``.duplicate_key``, ``.not_json``, ``.not_model``.
    """
    source = open_source(path)
    try:
        return Bundle(source, path, _manifest(source))
    except BaseException:
        source.close()
        raise


class Bundle:
    """An opened bundle.

    ``manifest`` is None for a run's folder that was never sealed.
    """

    def __init__(self, source: Source, path: Path, manifest: Manifest | None) -> None:
        self.source = source
        self.path = path
        self.manifest = manifest
        self._listed: dict[str, FileEntry] = (
            {} if manifest is None else {each.path: each for each in manifest.files}
        )

    @cached_property
    def plan(self) -> Plan:
        """Read ``plan.json``."""
        return parse_typed(self.file(PLAN), Plan, PLAN)

    @cached_property
    def job(self) -> Job | None:
        """Read ``job.json``, the order that the plan names; none where the run had none.

        :raises KitError: ``bundle.job_differs``.
        """
        if JOB not in self.source.sizes:
            return None
        job = parse_typed(self.file(JOB), Job, JOB)
        if digest(to_builtins(job)) != self.plan.job_digest:
            raise KitError("bundle.job_differs", Blame.YOU, where=JOB)
        return job

    @cached_property
    def journal(self) -> JournalRead:
        """Read and verify ``journal.ndjson``; raises as ``read_journal`` does."""
        read = parse_journal(self.file(JOURNAL, MAX_JOURNAL))
        if self.manifest is not None and read.head != self.manifest.journal_head:
            raise KitError("bundle.manifest_changed", Blame.YOU, where=JOURNAL)
        return read

    @cached_property
    def state(self) -> JournalState:
        """Read off the journal how far the run came."""
        return JournalState.of(self.journal.entries)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Read ``verdicts.json``."""
        return parse_typed(self.file(VERDICTS), Verdicts, VERDICTS)

    @cached_property
    def report(self) -> Report:
        """Read ``report.json``."""
        return parse_typed(self.file(REPORT), Report, REPORT)

    @property
    def profiles(self) -> Mapping[str, Any]:
        """Read the effective profiles as plain JSON, by the names of their files."""
        return {name: parse_json(data, name) for name, data in self.folder("profiles").items()}

    def table(self, name: str) -> str:
        """Read the text of a dated table that the plan names."""
        data = self.file(f"tables/{name}")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise KitError("bundle.not_text", Blame.YOU, where=f"tables/{name}") from error

    def payload_schema(self, name: str) -> dict[str, Any]:
        """Read a payload schema that the plan names."""
        where = f"schemas/{name}"
        schema = parse_json(self.file(where), where)
        if not isinstance(schema, dict):
            raise KitError("bundle.not_model", Blame.YOU, where=where, why="object")
        return schema

    @property
    def statements(self) -> Mapping[str, bytes]:
        """Read the signed statements, by the names of their files; the manifest omits them."""
        return self.folder(STATEMENTS.rstrip("/"))

    @cached_property
    def index(self) -> Index:
        """Know where all records are, those of abandoned attempts too."""
        kept = (each for each in self.journal.entries if isinstance(each, Kept))
        return Index(self.source, kept)

    @cached_property
    def _by_id(self) -> dict[tuple[str, int], Kept]:
        return {(each.id, each.repeat): each for each in self.state.evidence}

    def record(self, evidence_id: str, repeat: int = 1) -> Record:
        """Read a record by the id of its evidence, its commitment verified.

        :raises KitError: ``bundle.evidence_unknown``, ``.evidence_missing``,
            ``.evidence_changed``, ``.redaction_invalid``, ``.too_large``.
        """
        kept = self._by_id.get((evidence_id, repeat))
        if kept is None:
            raise KitError("bundle.evidence_unknown", Blame.YOU, where=evidence_id, repeat=repeat)
        return self.index.record(kept)

    def evidence(self, evidence_id: str, repeat: int = 1) -> Evidence:
        """Read evidence by its id; raises as :meth:`record` does.

        A part that was removed is empty here: :meth:`record` names it under ``removed``.
        """
        return self.record(evidence_id, repeat).evidence

    def records(self) -> Iterator[tuple[Kept, Record]]:
        """Read the latest record of each evidence id in the journal's order."""
        for each in self.state.evidence:
            yield each, self.index.record(each)

    def evidence_of(self, kept: Iterable[Kept]) -> Iterator[Evidence]:
        """Read evidence for judging, in the order of its journal entries.

        Evidence of which a part was removed comes as ``Unobserved``, so that no verdict is
        drawn from the hole; otherwise as :meth:`record`.  Who attested is a part that no judge
        reads.
        """
        for each in kept:
            record = self.index.record(each)
            yield _hidden(record) if record.removed.keys() - UNREAD else record.evidence

    def stream(self, trace: Trace) -> Iterator[bytes]:
        """Read a trace's stream in chunks, each one's commitment verified.

        :raises KitError: ``bundle.stream_missing``, ``.stream_changed``, ``.stream_removed``.
        """
        if trace.stream not in streams_of(self.source):
            raise KitError("bundle.stream_missing", Blame.YOU, where=trace.stream or trace.id)
        return read_chunks(trace, partial(self.source.read_at, trace.stream))

    def file(self, name: str, limit: int = MAX_FILE) -> bytes:
        """Read a file, held against the manifest if there is one.

        :raises KitError: ``bundle.file_missing``, ``.file_changed``, ``.too_large``.
        """
        size = self.source.sizes.get(name)
        if size is None:
            raise KitError("bundle.file_missing", Blame.YOU, where=name)
        if size > limit:
            raise KitError("bundle.too_large", Blame.YOU, where=name, limit=limit)
        data = b"".join(pieces(self.source, name))
        listed = self._listed.get(name)
        if listed is not None and hashlib.sha256(data).hexdigest() != listed.sha256:
            raise KitError("bundle.file_changed", Blame.YOU, where=name)
        return data

    def folder(self, name: str) -> dict[str, bytes]:
        """Read the files of a folder, by their names inside it."""
        start = f"{name}/"
        names = sorted(each for each in self.source.sizes if each.startswith(start))
        return {each.removeprefix(start): self.file(each) for each in names}

    def close(self) -> None:
        """Let go of the files."""
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _hidden(record: Record) -> Unobserved:
    evidence = record.evidence
    return Unobserved(
        id=evidence.id,
        code="bundle.removed",
        blame=Blame.YOU,
        at=getattr(evidence, "sent_at", "") or getattr(evidence, "at", ""),
        args={"parts": ", ".join(record.removed)},
    )


def _manifest(source: Source) -> Manifest | None:
    if MANIFEST not in source.sizes:
        if source.sealed:
            raise KitError("bundle.manifest_missing", Blame.YOU, where=MANIFEST)
        return None
    size = source.sizes[MANIFEST]
    if size > MAX_FILE:
        raise KitError("bundle.too_large", Blame.YOU, where=MANIFEST, limit=MAX_FILE)
    data = b"".join(pieces(source, MANIFEST))
    manifest = parse_typed(data, Manifest, MANIFEST)
    # One spelling is let through, so that equal manifests are equal bytes.
    if encode_readable(manifest) != data:
        raise KitError("bundle.manifest_changed", Blame.YOU, where=MANIFEST)
    _hold_listing(source, manifest)
    return manifest


def _hold_listing(source: Source, manifest: Manifest) -> None:
    sizes = {each.path: each.size for each in manifest.files}
    sizes |= {each.path: each.size for each in manifest.streams}
    listed = [*sizes, *(each.path for each in manifest.segments)]
    there = {each for each in source.sizes if each != MANIFEST and not each.startswith(STATEMENTS)}
    many = len(manifest.files) + len(manifest.streams)
    twice = len(sizes) != many or len(set(listed)) != len(listed)
    if twice or any(each.path.startswith(EVIDENCE + "/") for each in manifest.files):
        raise KitError("bundle.manifest_changed", Blame.YOU, where=MANIFEST)
    for name in sorted(set(listed) - there):
        raise KitError("bundle.file_missing", Blame.YOU, where=name)
    for name in sorted(there - set(listed)):
        raise KitError("bundle.file_unlisted", Blame.YOU, where=name)
    for name, size in sizes.items():
        if source.sizes[name] != size:
            raise KitError("bundle.file_changed", Blame.YOU, where=name)
