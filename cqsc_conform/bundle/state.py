"""How far a run had come, read off its journal, so that it can be resumed or reported."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from cqsc_conform.model.journal import (
    Drawn,
    Entry,
    Expanded,
    Footer,
    Header,
    Intent,
    Kept,
    ProbeFinished,
    ProbeStarted,
    Resumed,
    SubjectSeen,
)
from cqsc_conform.model.text import Scalar

__all__ = ["JournalState", "probe_of"]

Turn = tuple[str, int]
"""A probe or an evidence id, and the repeat."""


def probe_of(evidence_id: str) -> str:
    """Name the probe of an evidence id, ``probe[cell]/step.n``."""
    return evidence_id.partition("/")[0].partition("[")[0]


class JournalState(Struct, frozen=True):
    """What a journal says of its run.

    Turns are keyed (probe, repeat) or (evidence id, repeat).  ``kept`` holds the latest evidence
    of each id, in journal order; ``attempt_of`` says in which attempt of its probe that was.
    ``open_intents`` are requests that may have changed the target and of which no evidence was
    written: they must not be sent again.  ``ends`` gives, for each segment, the offset behind
    the last journalled record.  ``gap_seconds`` sums the breaks that resumes already recorded;
    ``last_at`` is the time of the last dated entry, from which a new break counts.
    ``commitments`` are those of all evidence ever kept, in journal order.
    """

    header: Header
    subjects: tuple[SubjectSeen, ...]
    finished: frozenset[Turn]
    kept: Mapping[Turn, Kept]
    attempt_of: Mapping[Turn, int]
    attempts: Mapping[Turn, int]
    requests: Mapping[Turn, int]
    open_intents: tuple[Intent, ...]
    drawn: Mapping[tuple[str, str, int], Mapping[str, Scalar]]
    expanded: tuple[Expanded, ...]
    ends: Mapping[int, int]
    resumed: int
    gap_seconds: float
    lost: int
    last_at: str
    commitments: tuple[str, ...]
    footer: Footer | None

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "JournalState":
        """Read the state off entries that ``read_journal`` verified: a header comes first."""
        found = _Found()
        for entry in entries:
            found.take(entry)
        return cls(
            header=found.header[0],
            subjects=tuple(found.subjects),
            finished=frozenset(found.finished),
            kept=MappingProxyType(found.kept),
            attempt_of=MappingProxyType(found.attempt_of),
            attempts=MappingProxyType(found.attempts),
            requests=MappingProxyType(found.requests),
            open_intents=tuple(found.intents.values()),
            drawn=MappingProxyType(found.drawn),
            expanded=tuple(found.expanded),
            ends=MappingProxyType(found.ends),
            resumed=len(found.resumes),
            gap_seconds=sum(each.gap_seconds for each in found.resumes),
            lost=sum(each.lost for each in found.resumes),
            last_at=found.last_at,
            commitments=tuple(found.commitments),
            footer=found.footer,
        )


class _Found:
    """Gathers what entries say, one after the other."""

    def __init__(self) -> None:
        self.header: list[Header] = []
        self.subjects: list[SubjectSeen] = []
        self.finished: set[Turn] = set()
        self.kept: dict[Turn, Kept] = {}
        self.attempt_of: dict[Turn, int] = {}
        self.attempts: dict[Turn, int] = {}
        self.requests: dict[Turn, int] = {}
        self.intents: dict[Turn, Intent] = {}
        self.drawn: dict[tuple[str, str, int], Mapping[str, Scalar]] = {}
        self.expanded: list[Expanded] = []
        self.ends: dict[int, int] = {}
        self.resumes: list[Resumed] = []
        self.last_at = ""
        self.commitments: list[str] = []
        self.footer: Footer | None = None

    def take(self, entry: Entry) -> None:
        self.footer = entry if isinstance(entry, Footer) else None
        self.last_at = getattr(entry, "at", self.last_at)
        match entry:
            case Header():
                self.header.append(entry)
            case SubjectSeen():
                self.subjects.append(entry)
            case ProbeStarted():
                self.attempts[entry.probe, entry.repeat] = entry.attempt
            case Intent():
                self.intents[entry.id, entry.repeat] = entry
            case Kept():
                self._keep(entry)
            case Expanded():
                self.expanded.append(entry)
            case Drawn():
                self.drawn[entry.probe, entry.name, entry.repeat] = entry.values
            case ProbeFinished():
                turn = (entry.probe, entry.repeat)
                self.finished.add(turn)
                self.requests[turn] = self.requests.get(turn, 0) + entry.requests
            case Resumed():
                self.resumes.append(entry)

    def _keep(self, entry: Kept) -> None:
        turn = (entry.id, entry.repeat)
        self.commitments.append(entry.commitment)
        # Taken out first, so that the order is that of the latest evidence.
        self.kept.pop(turn, None)
        self.kept[turn] = entry
        self.attempt_of[turn] = self.attempts.get((probe_of(entry.id), entry.repeat), 1)
        self.intents.pop(turn, None)
        self.ends[entry.segment] = entry.offset + entry.length
