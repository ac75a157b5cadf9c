"""Every line of the table that decides on a requirement, predicted beforehand."""

from typing import Any

import msgspec
import pytest

from cqsc_conform.model.adoption import Acceptance
from cqsc_conform.model.outcome import HoldsFor, Modal, Outcome, Status
from cqsc_conform.model.plan import Item
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.verdict import Row, Verdict
from cqsc_conform.recognition.conclude import best_of, is_binding, stands_outside
from cqsc_conform.recognition.decide import Found, Grounds, Theirs, decide
from engine.world import item as planned

SAME, OTHER = "sha256:aa", "sha256:bb"
KEY = ("p", "A-1")
PASSED = Theirs(SAME, Outcome.PASS)
ANY = Acceptance()


def item(**changes: Any) -> Item:
    use = CheckUse(check="t.ok", evidence={"reply": "a.walk/pages"})
    plain = planned("A-1", region="SC", digest=SAME, check=use, check_version=1)
    return msgspec.structs.replace(plain, **changes)


def row(outcome: Outcome = Outcome.PASS, *cites: str, digest: str = SAME) -> Row:
    said = Verdict(outcome=outcome, code="t.said", cites=cites or ("a.walk/pages.1",))
    return Row(region="SC", profile="p", id="A-1", digest=digest, verdict=said)


def grounds(theirs: Theirs | None = PASSED, **changes: Any) -> Grounds:
    given: dict[str, Any] = {
        "bundle": 1,
        "theirs": {} if theirs is None else {KEY: theirs},
        "age_days": 30,
        "binding": "tls_key",
        "subject_proven": True,
    }
    return Grounds(**(given | changes))


def decided(
    *,
    accepts: Acceptance = ANY,
    on: Item | None = None,
    by: Row | None = None,
    **ground: Any,
) -> tuple[str, str]:
    found = decide(on or item(), by or row(), accepts, grounds(**ground))
    return found.decision, found.code.removeprefix("recognition.")


def test_an_equal_pass_is_carried_with_its_proof():
    found = decide(item(), row(), Acceptance(), grounds())
    assert (found.decision, found.code) == ("carried", "recognition.carried")
    assert found.proof.digest == found.proof.their_digest == SAME
    assert found.proof.their_outcome is Outcome.PASS
    assert found.proof.cites == ("a.walk/pages.1",)
    assert (found.proof.evidence, found.proof.age_days) == ("tested", 30)


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        (Theirs(OTHER, Outcome.PASS), Outcome.PASS, ("re_judged", "passes_other_digest")),
        (Theirs(OTHER, Outcome.FAIL), Outcome.PASS, ("re_judged", "passes_other_digest")),
        (Theirs(OTHER, Outcome.PASS), Outcome.FAIL, ("re_judged", "fails")),
        (Theirs(SAME, Outcome.FAIL), Outcome.FAIL, ("re_judged", "fails")),
        (Theirs(SAME, Outcome.INCONCLUSIVE), Outcome.PASS, ("re_judged", "passes_undecided")),
        (Theirs(SAME, Outcome.PASS, waived=True), Outcome.PASS, ("re_judged", "passes_waived")),
        (None, Outcome.PASS, ("re_judged", "passes_new")),
        (None, Outcome.FAIL, ("re_judged", "fails")),
        (Theirs(SAME, Outcome.PASS), Outcome.FAIL, ("rejected", "replay_differs")),
        (Theirs(SAME, Outcome.FAIL), Outcome.PASS, ("rejected", "replay_differs")),
    ],
)
def test_the_region_s_own_verdict_stands(theirs, ours, said):
    assert decided(theirs=theirs, by=row(ours)) == said


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.SKIPPED])
def test_too_little_has_to_be_tested(outcome):
    assert decided(by=row(outcome)) == ("must_test", "too_little")


@pytest.mark.parametrize("holds_for", [HoldsFor.DEPLOYMENT, HoldsFor.DATA])
def test_what_holds_for_an_installation_is_carried_to_none_but_the_same(holds_for):
    there = item(holds_for=holds_for)
    assert decided(on=there) == ("must_test", f"holds_for_{holds_for.value}")
    assert decided(on=there, same_installation=True) == ("carried", "carried")


@pytest.mark.parametrize(
    ("accepts", "ground", "said"),
    [
        (
            Acceptance(classes=("tested",)),
            {"attested": frozenset({KEY})},
            "wants_other_than_attested",
        ),
        (
            Acceptance(classes=("tested",)),
            {"classes": {"a.walk/pages.1": "captured"}},
            "wants_other_than_captured",
        ),
        (
            Acceptance(vantages=("peer",)),
            {"vantages": {"a.walk/pages.1": "observer"}},
            "vantage",
        ),
        (Acceptance(age_days=29), {}, "too_old"),
        (Acceptance(bindings=("device_message",)), {}, "binding"),
    ],
)
def test_evidence_that_the_region_does_not_accept_has_to_be_tested(accepts, ground, said):
    assert decided(accepts=accepts, **ground) == ("must_test", said)
    # Where the rule differs it is no different.
    assert decided(accepts=accepts, theirs=Theirs(OTHER, Outcome.PASS), **ground)[0] == "must_test"


def test_evidence_at_its_bound_is_accepted():
    most = Acceptance(
        classes=("attested", "tested"), vantages=("observer",), age_days=30, bindings=("tls_key",)
    )
    ground = {"vantages": {"a.walk/pages.1": "observer"}, "attested": frozenset({KEY})}
    assert decided(accepts=most, **ground) == ("carried", "carried")


def test_a_cited_frame_has_the_vantage_of_its_trace():
    by = row(Outcome.PASS, "iot.watch/trace.1#77")
    ground = {"vantages": {"iot.watch/trace.1": "observer"}}
    assert decided(accepts=Acceptance(vantages=("peer",)), by=by, **ground)[1] == "vantage"


def test_removed_evidence_withdrawn_checks_foreign_scope_and_changed_subjects():
    assert decided(not_replayable=frozenset({KEY})) == ("must_test", "not_replayable")
    assert decided(withdrawn=frozenset({("t.ok", 1)})) == ("must_test", "check_withdrawn")
    assert decided(withdrawn=frozenset({("t.ok", 2)})) == ("carried", "carried")
    assert decided(out_of_scope=frozenset({"p"})) == ("rejected", "out_of_scope")
    assert decided(subject_proven=False) == ("rejected", "subject_changed")


def test_removed_evidence_says_nothing_about_a_replay():
    said = decided(by=row(Outcome.FAIL), not_replayable=frozenset({KEY}))
    assert said == ("must_test", "not_replayable")


def test_not_applicable_by_the_vendor_s_statement_comes_first():
    there = item(disposition="not_applicable", because={"ics": "x"})
    by = row(Outcome.NOT_APPLICABLE)
    assert decided(on=there, by=by, subject_proven=False) == ("not_applicable", "not_applicable")


def found(decision: str, outcome: Outcome) -> Found:
    proof = msgspec.structs.replace(
        decide(item(), row(), Acceptance(), grounds()).proof, outcome=outcome
    )
    return Found(decision, "x", {}, proof)  # type: ignore[arg-type]


CARRIED = found("carried", Outcome.PASS)
PASSES = found("re_judged", Outcome.PASS)
FAILS = found("re_judged", Outcome.FAIL)
OPEN = found("must_test", Outcome.INCONCLUSIVE)
REJECTED = found("rejected", Outcome.PASS)


@pytest.mark.parametrize(
    ("several", "best"),
    [
        ((OPEN, PASSES), PASSES),
        ((PASSES, OPEN), PASSES),
        ((OPEN, CARRIED), CARRIED),
        ((PASSES, FAILS), FAILS),
        ((FAILS, CARRIED), FAILS),
        ((CARRIED, REJECTED), REJECTED),
        ((OPEN, OPEN), OPEN),
    ],
)
def test_over_several_bundles_no_pass_hides_a_failure(several, best):
    assert best_of(several) is best


def test_drafts_and_what_nobody_can_test_stand_outside():
    assert stands_outside(item(status=Status.DRAFT))
    assert stands_outside(item(disposition="untested"))
    assert not is_binding(item(modal=Modal.SHOULD), 3)
    assert not is_binding(item(level=2), 1)
    assert is_binding(item(level=2), 2)
