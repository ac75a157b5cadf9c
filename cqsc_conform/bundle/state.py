"""How far a run had come, read off its journal, so that it can be resumed or reported."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
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

    ``evidence`` holds the latest entry of each (evidence id, repeat), in journal order; ``kept``
    counts all entries of evidence, those since replaced too.  ``requests`` counts what left:
    as finished probes say, and as evidence and open intents show for attempts that broke off.
    ``ends`` gives, for each segment, the offset behind the last journalled record.  ``breaks``
    sums the gaps of earlier resumes in seconds.  ``streams`` names the stream files of traces.
    ``lost`` counts the bytes that the repair before this resume cut off.  ``commitments`` are
    those of all evidence ever kept, in order.
    """

    header: Header
    subjects: tuple[SubjectSeen, ...]
    evidence: tuple[Kept, ...]
    kept: int
    requests: int
    requests_of: Mapping[Turn, int]
    drawn: Mapping[tuple[str, str, int], Mapping[str, Scalar]]
    expanded: tuple[Expanded, ...]
    open_intents: tuple[Intent, ...]
    ends: Mapping[int, int]
    streams: frozenset[str]
    resumed: int
    breaks: float
    last_at: str
    commitments: tuple[str, ...]
    footer: Footer | None
    lost: int
    _finished: frozenset[Turn]
    _attempts: Mapping[Turn, int]
    _attempt_of: Mapping[Turn, int]

    @classmethod
    def of(cls, entries: Iterable[Entry], *, lost: int = 0) -> "JournalState":
        """Read the state off entries that ``read_journal`` verified: a header comes first."""
        found = _Found()
        for entry in entries:
            found.take(entry)
        found.settle_requests()
        return cls(
            header=found.header[0],
            subjects=tuple(found.subjects),
            evidence=tuple(found.evidence.values()),
            kept=found.kept,
            requests=sum(found.requests.values()),
            requests_of=found.requests,
            drawn=found.drawn,
            expanded=tuple(found.expanded),
            open_intents=tuple(found.intents.values()),
            ends=found.ends,
            streams=frozenset(found.streams),
            resumed=len(found.resumes),
            breaks=sum(each.gap_seconds for each in found.resumes),
            last_at=found.last_at,
            commitments=tuple(found.commitments),
            footer=found.footer,
            lost=lost,
            _finished=frozenset(found.finished),
            _attempts=found.attempts,
            _attempt_of=found.attempt_of,
        )

    def finished(self, probe: str, repeat: int) -> bool:
        """Tell whether a probe came to its end."""
        return (probe, repeat) in self._finished

    def attempts(self, probe: str, repeat: int) -> int:
        """Tell how often a probe was begun."""
        return self._attempts.get((probe, repeat), 0)

    def in_flight(self, probe: str, repeat: int) -> frozenset[str]:
        """Name the steps of a probe that may have changed the target, unseen: not sent again."""
        return frozenset(
            each.id
            for each in self.open_intents
            if each.repeat == repeat and probe_of(each.id) == probe
        )

    def whole(self, restarted: frozenset[str]) -> tuple[Kept, ...]:
        """Give the evidence without what broken-off attempts of ``restarted`` probes left.

        A safe probe starts over when its run is resumed: what only its earlier attempt saw
        belongs to no whole conversation.
        """
        return tuple(each for each in self.evidence if not self._stale(each, restarted))

    def gap_seconds(self, now: datetime) -> float:
        """Tell how long ago the journal's last dated entry was written.

        :raises KitError: ``bundle.journal_edited`` when that entry bears no time with an offset.
        """
        try:
            passed = now - datetime.fromisoformat(self.last_at)
        except (ValueError, TypeError) as error:
            raise KitError("bundle.journal_edited", Blame.YOU, where=self.last_at) from error
        return max(0.0, passed.total_seconds())

    def _stale(self, kept: Kept, restarted: frozenset[str]) -> bool:
        probe = probe_of(kept.id)
        latest = self.attempts(probe, kept.repeat)
        return probe in restarted and self._attempt_of[kept.id, kept.repeat] < latest


class _Found:
    """Gathers what entries say, one after the other."""

    def __init__(self) -> None:
        self.header: list[Header] = []
        self.subjects: list[SubjectSeen] = []
        self.finished: set[Turn] = set()
        self.evidence: dict[Turn, Kept] = {}
        self.kept = 0
        self.attempt_of: dict[Turn, int] = {}
        self.attempts: dict[Turn, int] = {}
        self.requests: dict[Turn, int] = {}
        self.unsettled: dict[Turn, int] = {}
        self.intents: dict[Turn, Intent] = {}
        self.drawn: dict[tuple[str, str, int], Mapping[str, Scalar]] = {}
        self.expanded: list[Expanded] = []
        self.ends: dict[int, int] = {}
        self.streams: set[str] = set()
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
                self.unsettled.pop(turn, None)
                self.requests[turn] = self.requests.get(turn, 0) + entry.requests
            case Resumed():
                self.settle_requests()
                self.resumes.append(entry)

    def settle_requests(self) -> None:
        """Count what a broken-off attempt sent by what it left."""
        for turn, count in self.unsettled.items():
            self.requests[turn] = self.requests.get(turn, 0) + count
        self.unsettled.clear()

    def _keep(self, entry: Kept) -> None:
        turn = (entry.id, entry.repeat)
        probe = (probe_of(entry.id), entry.repeat)
        self.kept += 1
        self.commitments.append(entry.commitment)
        # Taken out first, so that the order is that of the latest evidence.
        self.evidence.pop(turn, None)
        self.evidence[turn] = entry
        self.attempt_of[turn] = self.attempts.get(probe, 0)
        self.unsettled[probe] = self.unsettled.get(probe, 0) + 1
        self.intents.pop(turn, None)
        self.ends[entry.segment] = entry.offset + entry.length
        if entry.stream is not None:
            self.streams.add(entry.stream)
