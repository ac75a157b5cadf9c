"""Evidence that a report cites, read from where it lies when a renderer asks for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from cqsc_conform.bundle.journal import JOURNAL
from cqsc_conform.bundle.open import Bundle
from cqsc_conform.engine.run import Reading
from cqsc_conform.model.evidence import Evidence, Trace
from cqsc_conform.model.journal import Kept
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.reports.frames import Frames, Streams


class Recorded(Mapping[str, tuple[Evidence, ...]]):
    """Recorded evidence by its id: one piece for each repeat, in their order."""

    def __init__(self, kept: Mapping[str, tuple[Kept, ...]], read: Reading) -> None:
        self._kept = kept
        self._read = read

    def __getitem__(self, id_: str) -> tuple[Evidence, ...]:
        return tuple(self._read(self._kept[id_]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def recorded_by_id(
    kept: Iterable[Kept],
    read: Reading,
    names: Callable[[str], tuple[str, ...]] = lambda id_: (id_,),
) -> Recorded:
    """Arrange a journal's entries of evidence for a report.

    ``names`` gives the ids by which the report cites what was recorded under an id.
    """
    found: dict[str, tuple[Kept, ...]] = {}
    for each in sorted(kept, key=lambda each: each.repeat):
        for cited in names(each.id):
            found[cited] = (*found.get(cited, ()), each)
    return Recorded(found, read)


def evidence_in(bundle: Bundle) -> Mapping[str, tuple[Evidence, ...]]:
    """Give the evidence of a bundle; a folder that ``judge`` wrote holds none."""
    if JOURNAL not in bundle.source.sizes:
        return {}
    return recorded_by_id(bundle.state.evidence, bundle.evidence_of)


def frames_of(
    report: Report,
    evidence: Mapping[str, tuple[Evidence, ...]],
    plan: Plan,
    read: Callable[[Trace], Iterator[bytes]],
) -> Frames:
    """Let a report find the frames it cites, read under the target's mapping and time scale."""
    target = plan.target
    streams = Streams(
        read=read,
        operations=target.operations,
        charset=target.charset,
        scale=target.time_scale if target.time_scale > 0 else 1.0,
    )
    return Frames(report, evidence, streams)


def frames_in(
    bundle: Bundle, report: Report, evidence: Mapping[str, tuple[Evidence, ...]]
) -> Frames:
    """Let a report find the frames that a bundle holds; without evidence there are none."""
    if not evidence:
        return Frames(report, evidence, None)
    return frames_of(report, evidence, bundle.plan, bundle.stream)
