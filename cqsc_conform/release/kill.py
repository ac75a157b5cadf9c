"""The kill matrix: every requirement is able to fail, and nothing else fails with it.

A mutant is known here by its id, the requirement it kills and its declared collateral; what it
does is learned through its socket alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report

Outcomes = Mapping[str, Outcome]


class MutantCard(Struct, frozen=True):
    """A mutant as the matrix knows it; ``key`` changes with all that could change its row."""

    id: str
    kills: str
    also: tuple[str, ...]
    key: str


class KillRow(Struct, frozen=True):
    """What the requirements said of one mutant, where they differ from the reference."""

    mutant: str
    kills: str
    key: str
    killed: bool
    changed: dict[str, Outcome]
    collateral: tuple[str, ...]


class KillMatrix(Struct, frozen=True):
    """``release kill --json``.

    ``survivors`` are mutants that their requirement did not fail; ``unarmed`` requirements that
    are checked and have no mutant; ``twins`` groups of requirements that no mutant tells apart;
    ``unfit`` what the reference itself does not pass.
    """

    profile: str
    version: str
    requirements: tuple[str, ...]
    killed: int
    survivors: tuple[str, ...]
    unarmed: tuple[str, ...]
    collateral: tuple[str, ...]
    twins: tuple[tuple[str, ...], ...]
    unfit: dict[str, Outcome]
    matrix: tuple[KillRow, ...]

    @property
    def whole(self) -> bool:
        """Tell whether the gate is open: everything killed, nothing undeclared."""
        return not (self.survivors or self.unarmed or self.collateral or self.twins or self.unfit)


def outcomes_of(report: Report) -> dict[str, Outcome]:
    """Take the outcomes out of a report."""
    return {row.id: row.outcome for row in report.requirements}


def judge_mutant(card: MutantCard, reference: Outcomes, mutant: Outcomes) -> KillRow:
    """Compare a mutant's outcomes with the reference's: what changed, and what may not have."""
    changed = {id_: each for id_, each in mutant.items() if each is not reference.get(id_)}
    allowed = {card.kills, *card.also}
    return KillRow(
        mutant=card.id,
        kills=card.kills,
        key=card.key,
        killed=mutant.get(card.kills) is Outcome.FAIL,
        changed=changed,
        collateral=tuple(sorted(id_ for id_ in changed if id_ not in allowed)),
    )


def matrix_of(
    profile: str,
    version: str,
    tested: Sequence[str],
    reference: Outcomes,
    rows: Iterable[KillRow],
) -> KillMatrix:
    """Put the rows together; ``tested`` are the requirements that have a check."""
    ordered = tuple(sorted(rows, key=lambda row: row.mutant))
    armed = {row.kills for row in ordered}
    return KillMatrix(
        profile=profile,
        version=version,
        requirements=tuple(tested),
        killed=sum(row.killed for row in ordered),
        survivors=tuple(row.mutant for row in ordered if not row.killed),
        unarmed=tuple(id_ for id_ in tested if id_ not in armed),
        collateral=tuple(
            f"{row.mutant}: {', '.join(row.collateral)}" for row in ordered if row.collateral
        ),
        twins=_twins(tested, ordered),
        unfit={
            id_: each
            for id_, each in reference.items()
            if id_ in tested and each is not Outcome.PASS
        },
        matrix=ordered,
    )


def _twins(tested: Sequence[str], rows: Sequence[KillRow]) -> tuple[tuple[str, ...], ...]:
    """Group requirements that fail for exactly the same mutants."""
    by_mark: dict[tuple[str, ...], list[str]] = {}
    for id_ in tested:
        mark = tuple(row.mutant for row in rows if row.changed.get(id_) is Outcome.FAIL)
        if mark:
            by_mark.setdefault(mark, []).append(id_)
    return tuple(tuple(each) for each in by_mark.values() if len(each) > 1)


def kill(
    cards: Sequence[MutantCard],
    reference: Outcomes,
    known: Mapping[str, KillRow],
    run: Callable[[MutantCard], Outcomes],
    progress: Callable[[str, bool], None],
) -> tuple[KillRow, ...]:
    """Run the mutants whose key is not that of a known row; keep the rows of the others."""
    rows: list[KillRow] = []
    for card in cards:
        old = known.get(card.id)
        fresh = old is None or old.key != card.key
        progress(card.id, fresh)
        rows.append(judge_mutant(card, reference, run(card)) if fresh or old is None else old)
    return tuple(rows)


def merged(matrices: Sequence[KillMatrix]) -> KillMatrix:
    """Bring the matrices of several profiles into one; that of a single one stays as it is."""
    if len(matrices) == 1:
        return matrices[0]
    return KillMatrix(
        profile=", ".join(each.profile for each in matrices),
        version=", ".join(each.version for each in matrices),
        requirements=tuple(one for each in matrices for one in each.requirements),
        killed=sum(each.killed for each in matrices),
        survivors=tuple(one for each in matrices for one in each.survivors),
        unarmed=tuple(one for each in matrices for one in each.unarmed),
        collateral=tuple(one for each in matrices for one in each.collateral),
        twins=tuple(one for each in matrices for one in each.twins),
        unfit={key: value for each in matrices for key, value in each.unfit.items()},
        matrix=tuple(one for each in matrices for one in each.matrix),
    )
