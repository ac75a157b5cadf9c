"""Blind rounds: what is served follows from a seed, and findings are scored against it.  Pure.

A round is named by an HMAC over what can be chosen in it, so that its name says nothing, and so
that a kit with other mutants does not know the round.
"""

import hmac
from collections.abc import Mapping, Sequence

from msgspec import Struct

from cqsc_conform.model.blind import LabScore, Result, RoundScore

__all__ = ["Broken", "Found", "chosen", "round_id", "score", "score_round"]

MOST_ROUNDS = 1000
_CONFORMING = 64
"""Of 256 rounds, how many serve the conforming reference: 1 in 4."""


class Broken(Struct, frozen=True):
    """A mutant: what it breaks, and what may fail with it."""

    id: str
    kills: str
    also: tuple[str, ...] = ()


class Found(Struct, frozen=True):
    """What a laboratory found in a round; ``judged`` is None where only failures were told."""

    round: str
    failing: frozenset[str]
    judged: frozenset[str] | None = None


def round_id(seed: str, area: str, number: int, mutants: Sequence[Broken]) -> str:
    """Name a round, in 16 hexadecimal digits."""
    return _mac(seed, "round", area, number, mutants).hex()[:16]


def chosen(seed: str, area: str, number: int, mutants: Sequence[Broken]) -> Broken | None:
    """Choose what a round serves; None is the conforming reference."""
    drawn = _mac(seed, "choice", area, number, mutants)
    if drawn[0] < _CONFORMING or not mutants:
        return None
    ordered = sorted(mutants, key=lambda each: each.id)
    return ordered[int.from_bytes(drawn[1:17]) % len(ordered)]


def _mac(seed: str, use: str, area: str, number: int, mutants: Sequence[Broken]) -> bytes:
    names = "\n".join(sorted(each.id for each in mutants))
    text = f"cqsc-blind/1\n{use}\n{area}\n{number}\n{names}"
    return hmac.digest(seed.encode(), text.encode(), "sha256")


def score(
    seed: str, areas: Mapping[str, Sequence[Broken]], lab: str, found: Sequence[Found]
) -> tuple[LabScore, tuple[str, ...]]:
    """Score a laboratory; gives the rounds besides that this seed never began."""
    known = {
        round_id(seed, area, number, mutants): (area, number)
        for area, mutants in areas.items()
        for number in range(1, MOST_ROUNDS + 1)
    }
    rows = tuple(
        score_round(each, *known[each.round], chosen(seed, *known[each.round],
                                                     areas[known[each.round][0]]))
        for each in found
        if each.round in known
    )  # fmt: skip
    results = [row.result for row in rows]
    unseen = results.count("unseen")
    lab_score = LabScore(
        lab=lab,
        hits=results.count("hit"),
        misses=results.count("miss") + unseen,
        unseen=unseen,
        clean=results.count("clean"),
        false_alarms=sum(len(row.false_alarms) for row in rows),
        rounds=rows,
    )
    return lab_score, tuple(each.round for each in found if each.round not in known)


def score_round(found: Found, area: str, number: int, served: Broken | None) -> RoundScore:
    """Hold a round's findings against what was served."""
    allowed = {served.kills, *served.also} if served else set()
    wrong = tuple(sorted(found.failing - allowed))
    result: Result
    if served is None:
        result = "alarm" if wrong else "clean"
    elif served.kills in found.failing:
        result = "hit"
    else:
        unseen = found.judged is not None and served.kills not in found.judged
        result = "unseen" if unseen else "miss"
    return RoundScore(
        round=found.round,
        area=area,
        number=number,
        mutant=served.id if served else None,
        expected=served.kills if served else None,
        result=result,
        false_alarms=wrong,
    )
