"""The opinion of recognition: a page that says what a region decided, and why.

It is written from ``recognition.json`` alone; the decisions, with their proofs, stand below.
"""

from collections.abc import Sequence

from msgspec import Struct

from cqsc_conform.model.recognition import Decision, Recognition
from cqsc_conform.model.statement import RecognitionPredicate
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import source_words
from cqsc_conform.reports.lab.codes import code_of, opinion_payload
from cqsc_conform.reports.lab.paper import (
    Annex,
    Banner,
    Block,
    Cell,
    Fields,
    Grid,
    Notes,
    Paper,
    Tone,
)
from cqsc_conform.reports.lab.words import Say
from cqsc_conform.reports.safe import prose

__all__ = ["OpinionGiven", "opinion"]

_TONES: dict[str, Tone] = {
    "recognised": "good",
    "recognised_after_tests": "open",
    "not_recognised": "bad",
    "carried": "good",
    "re_judged": "good",
    "must_test": "open",
    "not_applicable": "faint",
    "rejected": "bad",
}
_SHORT = 12
_NAMED = 24


class OpinionGiven(Struct, frozen=True, kw_only=True):
    """What an opinion is made from: ``digest`` and ``statement`` are SHA-256 in hex of the files.

    ``signed`` is the predicate of the verified statement, none where nobody signed.
    """

    recognition: Recognition
    digest: str
    signed: RecognitionPredicate | None = None
    statement: str | None = None


def opinion(given: OpinionGiven, lang: Lang) -> Paper:
    """Write the opinion."""
    say, found = Say(lang), given.recognition
    number = given.signed.number if given.signed and given.signed.number else ""
    failing = [each for each in found.decisions if _settled_against(each)]
    left = [each for each in found.decisions if each.decision == "must_test"]
    blocks: list[Block] = [
        _banner(say, found),
        _facts(say, given),
        _counted(say, found),
    ]
    if failing:
        blocks.append(Notes(say("against"), _by_reason(say, failing)))
    if left:
        blocks.append(Notes(say("residual"), _by_reason(say, left)))
    blocks += [
        Notes(say("statements"), (say("opinion_note"), say.of(found.disclaimer))),
        code_of(
            say,
            opinion_payload(given.digest, given.statement),
            say("code.opinion"),
            say("code.opinion_verify"),
        ),
        Annex(say("annex")),
    ]
    if failing:
        blocks.append(_asked(say, "against", failing))
    if left:
        blocks.append(_asked(say, "residual", left))
    blocks.append(_decisions(say, found.decisions))
    return Paper(
        kind="opinion",
        lang=lang,
        title=say("title.opinion"),
        subtitle=say("opinion_subtitle", region=found.region, subject=found.subject.name),
        number=say("numbered", number=number or say("missing")),
        running=say("running.opinion", region=found.region, at=say.moment(found.at)),
        page=say.page(),
        end=say("end"),
        blocks=tuple(blocks),
    )


def _settled_against(each: Decision) -> bool:
    failed = each.decision == "re_judged" and each.outcome == "fail"
    return each.decision == "rejected" or failed


def _banner(say: Say, found: Recognition) -> Banner:
    counts = found.counts
    said = say(
        f"opinion.{found.conclusion}.said",
        region=found.region,
        subject=found.subject.name,
        left=counts.must_test,
        against=counts.rejected + counts.re_judged_fail,
    )
    return Banner(say(f"opinion.{found.conclusion}"), said, _TONES[found.conclusion])


def _facts(say: Say, given: OpinionGiven) -> Fields:
    found, subject = given.recognition, given.recognition.subject
    name = " ".join(filter(None, (subject.name, subject.model)))
    if subject.software is not None:
        name += f" {subject.software.version}"
    listed = None
    if found.trust_list_sequence is not None:
        listed = say("trust_list_words", sequence=found.trust_list_sequence,
                     digest=found.trust_list_digest)  # fmt: skip
    rows = [
        say.field("region", found.region),
        say.field("decided", say.moment(found.at)),
        say.field("signed_by", given.signed.signer.name if given.signed else None),
        say.field("subject", name),
        say.field("maker", subject.maker.name),
        say.field("opinion_level", str(found.level)),
    ]
    for number, each in enumerate(found.bundles, 1):
        who = say.joined(list(each.signers))
        said = say("bundle_words", run=each.run, ended=say.moment(each.ended), signers=who,
                   manifest=each.manifest_digest)  # fmt: skip
        rows.append(say.field("bundle", f"{number}. {said}"))
        rows.append(say.field("declaration_number", each.declaration))
    rows += [
        say.field(
            "adoption",
            say("adoption_words", profile=profile, name=each.name.of(say.lang),
                version=each.version, digest=each.digest),
        )
        for profile, each in sorted(found.adopted.items())
    ]  # fmt: skip
    rows.append(say.field("trust_list", listed))
    if found.residual_plan is not None:
        rows.append(say.field("residual_plan", found.residual_plan))
    return Fields(say("about"), tuple(rows))


def _counted(say: Say, found: Recognition) -> Grid:
    counts = found.counts
    names = ("total", "binding", "carried", "re_judged_pass", "re_judged_fail", "must_test",
             "not_applicable", "rejected")  # fmt: skip
    return Grid(
        say("counts"),
        tuple(say(f"count.{each}") for each in names),
        (1,) * len(names),
        (tuple(Cell(str(getattr(counts, each))) for each in names),),
    )


def _by_reason(say: Say, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Name requirements under the reason they share; clauses and proofs stand in the annex."""
    reasons: dict[str, list[str]] = {}
    for each in decisions:
        reasons.setdefault(each.reason.of(say.lang), []).append(each.id)
    return tuple(
        prose(reason) + say("by_reason", count=len(ids), ids=_listed(say, ids))
        for reason, ids in reasons.items()
    )


def _listed(say: Say, ids: Sequence[str]) -> str:
    named = say.joined(ids[:_NAMED])
    return named + (say("and_more", count=len(ids) - _NAMED) if len(ids) > _NAMED else "")


def _asked(say: Say, name: str, decisions: Sequence[Decision]) -> Grid:
    """List what was found against the subject, or what is left to test, with its clause."""
    return Grid(
        say(name),
        (say("head.requirement"), say("head.modal"), say("head.reason"), say("head.clause")),
        (6, 2, 6, 6),
        tuple(
            (
                Cell(each.id, small=say.of(each.title)),
                Cell(_modal(say, each)),
                Cell(prose(each.reason.of(say.lang))),
                Cell(_clause(say, each)),
            )
            for each in decisions
        ),
    )


def _decisions(say: Say, decisions: Sequence[Decision]) -> Grid:
    return Grid(
        say("decisions"),
        (say("head.requirement"), say("head.modal"), say("head.decision"), say("head.proof")),
        (6, 2, 5, 7),
        tuple(
            (
                Cell(each.id, small=say.of(each.title)),
                Cell(_modal(say, each)),
                Cell(
                    say(f"decision.{each.decision}"),
                    small=say.report(f"outcome.{each.outcome}"),
                    tone="bad" if _settled_against(each) else _TONES[each.decision],
                ),
                Cell(_proof(say, each), small=prose(each.reason.of(say.lang))),
            )
            for each in decisions
        ),
        say("decisions_lead"),
    )


def _proof(say: Say, each: Decision) -> str:
    proof = each.proof
    same = proof.their_digest == proof.digest
    name = "same_digest" if same else "other_digest"
    return say(
        f"proof.{name}",
        bundle=proof.bundle,
        digest=_short(proof.digest),
        theirs=_short(proof.their_digest) if proof.their_digest else "-",
        cites=len(proof.cites),
        days=proof.age_days,
    )


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_SHORT]


def _modal(say: Say, each: Decision) -> str:
    return f"{say.report(f'modal.{each.modal.name.lower()}')} {each.level}"


def _clause(say: Say, each: Decision) -> str:
    """Name what stands behind a requirement: the region's own document where there is one."""
    source = each.clause.source if each.clause else each.source
    return prose(source_words(say.messages, source))
