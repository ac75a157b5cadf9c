"""Deciding on one requirement of one bundle: the table of design section 8, top to bottom."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from cqsc_conform.model.adoption import Acceptance, EvidenceClass
from cqsc_conform.model.evidence import Vantage
from cqsc_conform.model.outcome import HoldsFor, Outcome
from cqsc_conform.model.plan import Item
from cqsc_conform.model.recognition import DecisionKind, DecisionProof
from cqsc_conform.model.target import Binding
from cqsc_conform.model.text import Args
from cqsc_conform.model.verdict import Row, Verdict

__all__ = ["Found", "Grounds", "Theirs", "decide"]

RowKey = tuple[str, str]
"""(profile, requirement)."""


class Theirs(Struct, frozen=True):
    """What the other region made of a requirement of the same id."""

    digest: str
    outcome: Outcome
    waived: bool = False


class Grounds(Struct, frozen=True, kw_only=True):
    """What holds for a whole bundle.

    ``theirs`` is by (profile, requirement).  ``vantages`` and ``classes`` are by evidence id,
    of what is not plainly tested at the target.  ``out_of_scope`` are profiles that the signer
    may not speak of, ``not_replayable`` requirements that lean on removed evidence,
    ``withdrawn`` (check, version) that the trust list withdrew.  ``same_installation`` tells
    whether the recognising region's installation is provably the one tested.
    """

    bundle: int
    theirs: Mapping[RowKey, Theirs]
    age_days: int
    binding: Binding
    subject_proven: bool
    vantages: Mapping[str, Vantage] = {}
    classes: Mapping[str, EvidenceClass] = {}
    attested: frozenset[RowKey] = frozenset()
    out_of_scope: frozenset[str] = frozenset()
    not_replayable: frozenset[RowKey] = frozenset()
    withdrawn: frozenset[tuple[str, int]] = frozenset()
    same_installation: bool = False


class Found(Struct, frozen=True):
    """A decision on one requirement by one bundle, its reason as a code, and its proof.

    ``verdict`` is the region's own, where the reason speaks of it.
    """

    decision: DecisionKind
    code: str
    args: Args
    proof: DecisionProof
    verdict: Verdict | None = None


class _Case(Struct, frozen=True):
    """One requirement as the region holds it, the region's own verdict, and what it accepts."""

    item: Item
    row: Row
    accepts: Acceptance
    grounds: Grounds
    proof: DecisionProof

    @property
    def key(self) -> RowKey:
        return self.item.profile, self.item.id


def decide(item: Item, row: Row, accepts: Acceptance, grounds: Grounds) -> Found:
    """Decide on a requirement of the region's effective plan, by the region's own verdict.

    ``row`` is what the region's judging of the bundle's evidence came to.
    """
    theirs = grounds.theirs.get((item.profile, item.id))
    case = _Case(item, row, accepts, grounds, _proof(item, row, theirs, grounds))
    for rule in _RULES:
        said = rule(case)
        if said is not None:
            decision, code, args = said
            return Found(decision, code, args, case.proof, row.verdict)
    passed = theirs is not None and theirs.outcome is row.verdict.outcome is Outcome.PASS
    if theirs is not None and passed and theirs.digest == item.digest and not theirs.waived:
        return Found("carried", "recognition.carried", {}, case.proof)
    if row.verdict.outcome is Outcome.FAIL:
        return Found("re_judged", "recognition.fails", {}, case.proof, row.verdict)
    return Found("re_judged", f"recognition.passes_{_why_not_carried(case)}", {}, case.proof)


def _proof(item: Item, row: Row, theirs: Theirs | None, grounds: Grounds) -> DecisionProof:
    cites = row.verdict.cites
    places = [each.partition("#")[0] for each in cites]
    classes = {grounds.classes.get(each, "tested") for each in places}
    if (item.profile, item.id) in grounds.attested:
        classes.add("attested")
    weakest: EvidenceClass = (
        "attested" if "attested" in classes else "captured" if "captured" in classes else "tested"
    )
    return DecisionProof(
        bundle=grounds.bundle,
        digest=item.digest,
        outcome=row.verdict.outcome,
        their_digest=theirs.digest if theirs else None,
        their_outcome=theirs.outcome if theirs else None,
        cites=cites,
        evidence=weakest,
        vantages=tuple(
            sorted({grounds.vantages[each] for each in places if each in grounds.vantages})
        ),
        age_days=grounds.age_days,
        binding=grounds.binding,
    )


Said = tuple[DecisionKind, str, Args]


def _reliable(case: _Case) -> Said | None:
    """Reject what cannot be relied on at all."""
    if case.item.profile in case.grounds.out_of_scope:
        return "rejected", "recognition.out_of_scope", {"profile": case.item.profile}
    if not case.grounds.subject_proven:
        return "rejected", "recognition.subject_changed", {}
    theirs = case.grounds.theirs.get(case.key)
    ours = case.row.verdict.outcome
    decided = {Outcome.PASS, Outcome.FAIL}
    if (
        theirs is not None
        and theirs.digest == case.item.digest
        and {theirs.outcome, ours} == decided
        and case.key not in case.grounds.not_replayable
    ):
        args: Args = {"theirs": theirs.outcome.value, "ours": ours.value}
        return "rejected", "recognition.replay_differs", args
    return None


def _applicable(case: _Case) -> Said | None:
    if case.item.disposition != "not_applicable":
        return None
    return "not_applicable", "recognition.not_applicable", _because(case.item)


def _replayable(case: _Case) -> Said | None:
    if case.key in case.grounds.not_replayable:
        return "must_test", "recognition.not_replayable", {}
    return None


def _seen_enough(case: _Case) -> Said | None:
    if case.row.verdict.outcome in {Outcome.PASS, Outcome.FAIL}:
        return None
    return "must_test", "recognition.too_little", {}


def _here(case: _Case) -> Said | None:
    """Test again what holds for another installation or its data."""
    if case.item.holds_for is HoldsFor.TYPE or case.grounds.same_installation:
        return None
    return "must_test", f"recognition.holds_for_{case.item.holds_for.value}", {}


def _acceptable(case: _Case) -> Said | None:
    """Hold the evidence to what the region accepts."""
    accepts, proof = case.accepts, case.proof
    if accepts.classes is not None and proof.evidence not in accepts.classes:
        return "must_test", f"recognition.wants_other_than_{proof.evidence}", {}
    if accepts.vantages is not None:
        foreign = [each for each in proof.vantages if each not in accepts.vantages]
        if foreign:
            return (
                "must_test",
                "recognition.vantage",
                {"vantage": foreign[0], "accepted": tuple(accepts.vantages)},
            )
    if accepts.age_days is not None and proof.age_days > accepts.age_days:
        return "must_test", "recognition.too_old", {"age": proof.age_days, "most": accepts.age_days}
    if accepts.bindings is not None and proof.binding not in accepts.bindings:
        return (
            "must_test",
            "recognition.binding",
            {"binding": proof.binding, "accepted": tuple(accepts.bindings)},
        )
    return None


def _in_use(case: _Case) -> Said | None:
    """Carry nothing that rests on a version of a check that was withdrawn."""
    use, version = case.item.check, case.item.check_version
    if use is None or version is None or (use.check, version) not in case.grounds.withdrawn:
        return None
    args: Args = {"check": use.check, "version": version}
    return "must_test", "recognition.check_withdrawn", args


_RULES: tuple[Callable[[_Case], Said | None], ...] = (
    _applicable,
    _reliable,
    _replayable,
    _seen_enough,
    _here,
    _acceptable,
    _in_use,
)


def _because(item: Item) -> Args:
    return {"ics": str(item.because.get("ics", ""))}


def _why_not_carried(case: _Case) -> str:
    """Name why the region's own verdict stands rather than the other one's."""
    theirs = case.grounds.theirs.get(case.key)
    if theirs is None:
        return "new"
    if theirs.digest != case.item.digest:
        return "other_digest"
    return "waived" if theirs.waived else "undecided"
