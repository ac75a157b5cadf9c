"""Where a run writes what it sees: evidence first, its journal entry after."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from cqsc_conform.bundle.journal import JOURNAL, JournalWriter
from cqsc_conform.bundle.segments import SegmentWriter
from cqsc_conform.bundle.streams import StreamWriter
from cqsc_conform.engine.stage import Cancelled
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.journal import Entry, ProbeStarted
from cqsc_conform.model.world import Entropy


class Notebook:
    """A run's open journal and evidence; may be used by several threads.

    Evidence belongs to the repeat of the probe that was begun last.
    """

    def __init__(self, folder: Path, entropy: Entropy) -> None:
        self._journal = JournalWriter(folder / JOURNAL)
        try:
            self._segments = SegmentWriter(folder, entropy)
        except BaseException:
            self._journal.close()
            raise
        self._folder = folder
        self._entropy = entropy
        self._repeat = 1
        self._closed = False
        self._lock = threading.RLock()

    def keep(self, evidence: Evidence) -> None:
        """Write evidence, then its entry: an entry never points to nothing.

        Both in one turn, so that the journal names evidence in the order in which it lies.
        """
        with self._lock:
            self._demand_open()
            self._journal.append(self._segments.keep(evidence, self._repeat))

    def stream(self) -> StreamWriter:
        """Begin a stream file of its own."""
        return StreamWriter(self._folder, self._entropy)

    def note(self, entry: Entry) -> None:
        """Append to the journal."""
        with self._lock:
            self._demand_open()
            if isinstance(entry, ProbeStarted):
                self._repeat = entry.repeat
            self._journal.append(entry)

    def _demand_open(self) -> None:
        if self._closed:
            # A branch that was still waiting when the run was cancelled has come too late.
            raise Cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed = True
            self._segments.close()
            self._journal.close()
