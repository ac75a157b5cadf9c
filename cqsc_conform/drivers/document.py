"""Documents that the vendor hands over beside the target file, read once and bounded."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.formats.document import document_fault
from cqsc_conform.model.ask import DocumentAsk
from cqsc_conform.model.evidence import Body, Document, Redaction, Unobserved
from cqsc_conform.model.target import DocumentFile
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["Documents"]


class Documents:
    """Reads the files that a target file names, from its own folder and nowhere else."""

    def __init__(
        self, files: Mapping[str, DocumentFile], folder: Path, redactor: Redactor, clock: Clock
    ) -> None:
        self._files = files
        self._folder = folder
        self._redactor = redactor
        self._clock = clock

    def read(self, ask: DocumentAsk) -> Document | Unobserved:
        """Read a document and mask what is secret in it.

        Trouble is ``Unobserved`` with a code ``document.…``: that no such file can be read is
        whoever runs the kit's to mend, what is in it its vendor's.
        """
        at = rfc3339(self._clock.now())
        try:
            given, data = self._bytes(ask)
        except ProbeFailed as trouble:
            return Unobserved(ask.id, trouble.code, trouble.blame, at, args={**trouble.args_})
        hits: list[Redaction] = []
        kept = self._redactor.body("document.body", data, hits)
        return Document(
            id=ask.id,
            name=ask.name,
            media_type=given.media_type,
            digest=f"sha256:{hashlib.sha256(kept).hexdigest()}",
            content=Body.of(kept),
            at=at,
            redactions=tuple(hits),
        )

    def _bytes(self, ask: DocumentAsk) -> tuple[DocumentFile, bytes]:
        given = self._files.get(ask.name)
        if given is None:
            raise ProbeFailed("document.not_named", Blame.YOU, document=ask.name)
        data = _read(self._inside(given.file), given.file, ask.max_bytes)
        fault = document_fault(given.media_type, data)
        if fault is not None:
            raise ProbeFailed(
                "document.not_what_it_says",
                Blame.TARGET,
                file=given.file,
                media_type=given.media_type,
                fault=fault,
            )
        return given, data

    def _inside(self, file: str) -> Path:
        """Hold a path to the target file's folder, links followed."""
        try:
            folder = self._folder.resolve()
            path = (folder / file).resolve()
        except (OSError, ValueError, RuntimeError):
            raise ProbeFailed("document.unreadable", Blame.YOU, file=file) from None
        if not path.is_relative_to(folder):
            raise ProbeFailed("document.outside", Blame.YOU, file=file)
        return path


def _read(path: Path, file: str, most: int) -> bytes:
    try:
        # A pipe without a writer would keep an ordinary open waiting for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ProbeFailed("document.missing", Blame.YOU, file=file) from None
    except (OSError, ValueError):
        raise ProbeFailed("document.unreadable", Blame.YOU, file=file) from None
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ProbeFailed("document.unreadable", Blame.YOU, file=file)
        try:
            data = opened.read(most + 1)
        except OSError:
            raise ProbeFailed("document.unreadable", Blame.YOU, file=file) from None
    if len(data) > most:
        raise ProbeFailed("document.too_big", Blame.TARGET, file=file, most=most)
    return data
