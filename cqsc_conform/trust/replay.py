"""Replay: what judging a bundle's evidence again came to, held against what it says."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.report import Report
from cqsc_conform.model.verdict import Row, Verdicts

__all__ = ["Judging", "Replayed", "hold_replay"]

Judging = Callable[[Bundle], tuple[Verdicts, Report]]
"""Judges a bundle's evidence by its own profile; handed in, for judging is another room's."""

_Key = tuple[str | None, str, str]


class Replayed(Struct, frozen=True):
    """How many verdicts judging again confirmed, and which it could not, for want of evidence."""

    confirmed: int
    not_replayable: tuple[str, ...]


def hold_replay(
    bundle: Bundle, removed: Mapping[tuple[str, int], tuple[str, ...]], judging: Judging
) -> Replayed:
    """Judge a bundle again and hold every verdict and the conclusion against what it says.

    A verdict may differ only where it rests on evidence of which a part was removed.

    :raises KitError: ``trust.replay_rows``, ``.replay_differs``, ``.report_differs``.
    """
    verdicts, report = judging(bundle)
    said, found = _rows(bundle.verdicts.rows), _rows(verdicts.rows)
    if said.keys() != found.keys() or bundle.verdicts.complete != verdicts.complete:
        raise KitError("trust.replay_rows", Blame.YOU, where="verdicts.json")
    gone = {step_of(each) for each, _ in removed}
    items = {(each.region, each.profile, each.id): each for each in bundle.plan.items}
    hidden = []
    for key, row in said.items():
        if row == found[key]:
            continue
        if not _leans(items[key], row, gone):
            raise KitError(
                "trust.replay_differs",
                Blame.YOU,
                where=row.id,
                said=row.verdict.outcome.value,
                found=found[key].verdict.outcome.value,
            )
        hidden.append(row.id)
    _hold_report(bundle.plan, bundle.report, report, said, whole=not hidden)
    return Replayed(confirmed=len(said) - len(hidden), not_replayable=tuple(hidden))


def step_of(evidence_id: str) -> str:
    """Give ``probe/step`` of an evidence id ``probe[cell]/step.n``."""
    probe, _, rest = evidence_id.partition("/")
    return f"{probe.partition('[')[0]}/{rest.rpartition('.')[0]}"


def _rows(rows: Iterable[Row]) -> dict[_Key, Row]:
    return {(row.region, row.profile, row.id): row for row in rows}


def _leans(item: Item, row: Row, gone: set[str]) -> bool:
    """Tell whether a verdict rests on a step of which evidence was removed."""
    uses = [each for each in (item.check, item.controls.before, item.controls.after) if each]
    read = {step for use in uses for step in use.evidence.values()}
    read |= {step_of(each) for each in row.verdict.cites}
    return bool(read & gone) or any("*" in step for step in read)


def _hold_report(
    plan: Plan, said: Report, found: Report, rows: Mapping[_Key, Row], *, whole: bool
) -> None:
    """Hold the report's outcomes to the verdicts, and its conclusions to the fold.

    Its sentences are another matter: a later kit may word them better.
    """
    shown = {(each.region, each.profile, each.id): each.outcome for each in said.requirements}
    if shown != {key: row.verdict.outcome for key, row in rows.items()}:
        raise KitError("trust.report_differs", Blame.YOU, where="report.json")
    same = (said.conclusion, said.counts) == (found.conclusion, found.counts)
    results = [
        [(each.region, each.profile, each.conclusion, each.counts) for each in one.results]
        for one in (said, found)
    ]
    # Where evidence was removed, the fold over what is left says less than the report.
    if whole and (not same or results[0] != results[1]):
        raise KitError("trust.report_differs", Blame.YOU, where="report.json")
    if said.plan_digest != found.plan_digest or len(said.results) != len(plan.profiles):
        raise KitError("trust.report_differs", Blame.YOU, where="report.json")
