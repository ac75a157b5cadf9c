"""Recognising: all decisions over all bundles of one subject, and what is left to test."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.adoption import Acceptance, Effective
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.plan import Item, Kit, Plan
from cqsc_conform.model.recognition import BundleSeen, Decision, Recognition
from cqsc_conform.model.report import Reason
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.model.verdict import Row, Verdicts
from cqsc_conform.recognition.conclude import (
    best_of,
    conclude,
    counts_of,
    is_binding,
    stands_outside,
)
from cqsc_conform.recognition.decide import Found, Grounds, decide
from cqsc_conform.reports.build import disclaimer
from cqsc_conform.reports.messages import Messages

__all__ = ["Candidate", "TrustUsed", "left_to_test", "recognize", "same_subject"]

_NOT_ASKED = frozenset({"engine.above_level", "engine.draft", "engine.not_selected"})


class Candidate(Struct, frozen=True):
    """A verified bundle as the recognising region sees it.

    ``theirs`` is the plan that its evidence was gathered by, ``ours`` the plan by which the
    region judged that evidence, ``verdicts`` what came of it.
    """

    seen: BundleSeen
    theirs: Plan
    ours: Plan
    verdicts: Verdicts
    grounds: Grounds


class TrustUsed(Struct, frozen=True):
    """The trust list that the bundles were verified by."""

    digest: str
    sequence: int


def recognize(
    region: str,
    candidates: Sequence[Candidate],
    effective: Mapping[str, Effective],
    *,
    level: int,
    at: str,
    kit: Kit,
    trust: TrustUsed | None,
    residual_digest: str | None = None,
) -> Recognition:
    """Decide on every requirement of a region's effective profiles.

    ``effective`` is by profile id.  Several bundles must be of provably the same subject.

    :raises KitError: ``recognition.other_subject``.
    """
    _demand_one_subject(candidates)
    first = candidates[0].ours
    decisions = tuple(
        _decision(item, candidates, _accepts(item, effective), level)
        for item in first.items
        if item.region == region and _decided(item)
    )
    return Recognition(
        schema="cqsc-recognition/1",
        region=region,
        at=at,
        kit=kit,
        subject=first.target.subject,
        bundles=tuple(each.seen for each in candidates),
        adopted={name: each.adopted for name, each in effective.items()},
        level=level,
        conclusion=conclude(decisions),
        counts=counts_of(decisions),
        decisions=decisions,
        outside=tuple(
            item.id for item in first.items if item.region == region and stands_outside(item)
        ),
        residual_plan=residual_digest,
        trust_list_digest=trust.digest if trust else None,
        trust_list_sequence=trust.sequence if trust else None,
        disclaimer=disclaimer(),
    )


def left_to_test(recognition: Recognition) -> tuple[Decision, ...]:
    """Give what has still to be tested here."""
    return tuple(each for each in recognition.decisions if each.decision == "must_test")


def same_subject(one: Candidate, other: Candidate) -> bool:
    """Tell whether two bundles are of one subject by the same proof, and not by word alone."""
    mine, yours = one.theirs.target.subject, other.theirs.target.subject
    return (
        mine.proof.by == yours.proof.by != "declared"
        and one.seen.proof is not None
        and one.seen.proof == other.seen.proof
        and digest(to_builtins(mine.software)) == digest(to_builtins(yours.software))
        and mine.maker == yours.maker
        and mine.model == yours.model
    )


def _demand_one_subject(candidates: Sequence[Candidate]) -> None:
    for number, other in enumerate(candidates[1:], 2):
        if not same_subject(candidates[0], other):
            raise KitError("recognition.other_subject", Blame.YOU, number=number)


def _decided(item: Item) -> bool:
    return not stands_outside(item) and item.because.get("code") not in _NOT_ASKED


def _accepts(item: Item, effective: Mapping[str, Effective]) -> Acceptance:
    return effective[item.profile].accepts.get(item.id, Acceptance())


def _decision(
    item: Item, candidates: Sequence[Candidate], accepts: Acceptance, level: int
) -> Decision:
    found = best_of(
        [
            decide(mine, row, accepts, each.grounds)
            for each in candidates
            for mine, row in _same(each, item)
        ]
    )
    return Decision(
        region=item.region or "",
        profile=item.profile,
        id=item.id,
        title=item.title,
        modal=item.modal,
        level=item.level,
        binding=is_binding(item, level),
        holds_for=item.holds_for,
        decision=found.decision,
        outcome=found.proof.outcome,
        reason=_reason(found),
        source=item.source,
        proof=found.proof,
        clause=item.clause,
    )


def _same(candidate: Candidate, item: Item) -> list[tuple[Item, Row]]:
    """Find a requirement in what a bundle was judged by, with its verdict."""
    wanted = (item.region, item.profile, item.id)
    items = [
        each for each in candidate.ours.items if (each.region, each.profile, each.id) == wanted
    ]
    rows = [
        each for each in candidate.verdicts.rows if (each.region, each.profile, each.id) == wanted
    ]
    return list(zip(items, rows, strict=True))


def _reason(found: Found) -> Reason:
    said = {lang: _sentence(lang, found) for lang in LANGS}
    return Reason(code=found.code, zh=said["zh"], en=said["en"])


def _sentence(lang: Lang, found: Found) -> str:
    """Say a reason, with that of the verdict that it speaks of."""
    words = Messages(lang)
    inner = found.verdict
    said = words.sentence(inner.code, inner.args) if inner else ""
    return words.sentence(found.code, {**found.args, "said": said})
