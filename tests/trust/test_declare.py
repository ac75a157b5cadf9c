"""Declaring: what bears a conformity statement, and each reason for which none is made."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.cli.papers import paper_of
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import KitError
from cqsc_conform.model.outcome import Conclusion, Modal, Outcome
from cqsc_conform.model.statement import Role
from cqsc_conform.trust.chain import PLAN_STATEMENT, endorsement_name, verify_chain
from cqsc_conform.trust.declare import Declaring, Made, add_declaration
from cqsc_conform.trust.declared import hold_fit, standing
from cqsc_conform.trust.issue import Noted, note_in_log
from cqsc_conform.trust.log import open_log
from cqsc_conform.trust.numbers import counts, number_of
from cqsc_conform.trust.store import put_in_folder
from cqsc_conform.trust.verify import verify_bundle
from trust.declaring import ordered_run
from trust.make import BEFORE, Lab, changed, statements_of, with_statements

PLAIN = Declaring(pattern="CQ-7")


@pytest.fixture(scope="module")
def ready(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ordered_run(tmp_path_factory.mktemp("declare"), lab)


@pytest.fixture
def bundle(ready: Path, tmp_path: Path) -> Path:
    """Give a bundle that can be declared, as a folder with its archive and log beside it."""
    shutil.copytree(ready, tmp_path / "out")
    for name in ("out.cqsc.zip", "lab.log"):
        shutil.copy(ready.with_name(name), tmp_path / name)
    return tmp_path / "out"


def declare(path: Path, key: Any, asked: Declaring = PLAIN, noted: Noted | None = None) -> Made:
    return add_declaration(path, asked, [key], SystemClock().now(), judged_again, noted)


@contextmanager
def log_of(bundle: Path, lab: Lab) -> Iterator[Noted]:
    with open_log(bundle.with_name("lab.log")) as log:
        yield Noted(log=log, keys=(lab.authoriser,))


def verified(path: Path) -> Any:
    with open_bundle(path) as opened:
        return verify_bundle(opened, now=SystemClock().now(), judging=None)


def test_a_declaration_says_what_the_bundle_shows(bundle: Path, lab: Lab) -> None:
    with log_of(bundle, lab) as noted:
        made = declare(bundle, lab.authoriser, Declaring("{lab}-{year}-{seq:04}"), noted)
    assert made.number == f"CQ-0001-{SystemClock().now().year}-0001"
    shown = verified(made.archive)
    (declared,) = shown.chain.declarations
    said = declared.value.predicate
    assert said.conclusion is Conclusion.CONFORMANT
    assert [each.name for each in said.follows[1:]] == [
        endorsement_name(role) for role in (Role.COMPILER, Role.REVIEWER, Role.AUTHORISER)
    ]
    with open_bundle(made.archive) as opened:
        assert said.job_digest == opened.plan.job_digest
        assert opened.job is not None
    assert set(shown.chain.proofs) == {PLAN_STATEMENT, "declaration.dsse.json"}
    assert standing(shown.chain) == declared


def test_numbers_count_on_in_the_log(bundle: Path, lab: Lab) -> None:
    with log_of(bundle, lab) as noted:
        first = declare(bundle, lab.authoriser, Declaring("{seq:03}"), noted)
        amending = Declaring("{seq:03}", amends=(first.name, first.data), reason="错字")
        second = declare(bundle, lab.authoriser, amending, noted)
        taken = Declaring("001", amends=(second.name, second.data), reason="错字")
        with pytest.raises(KitError, match=r"declare\.number_taken"):
            declare(bundle, lab.authoriser, taken, noted)
    assert (first.number, second.number) == ("001", "002")


def test_the_laboratory_s_own_key_may_declare(bundle: Path, lab: Lab) -> None:
    made = declare(bundle, lab.person("检测专用章"))
    assert verified(made.archive).chain.declarations


@pytest.mark.parametrize("who", ["compiler", "reviewer"])
def test_who_signed_in_another_role_cannot_declare(
    bundle: Path, lab: Lab, refused: Callable[..., str], who: str
) -> None:
    assert refused(declare, bundle, getattr(lab, who)) == "declare.other_signer"


def test_another_laboratory_cannot_declare(
    bundle: Path, other_lab: Lab, refused: Callable[..., str]
) -> None:
    # Its name is not the laboratory's, whatever role it would take.
    assert refused(declare, bundle, other_lab.authoriser) == "declare.other_signer"


def test_nothing_is_written_where_anything_is_refused(bundle: Path, lab: Lab) -> None:
    archive = bundle.with_name("out.cqsc.zip")
    before = (archive.read_bytes(), sorted(each.name for each in bundle.rglob("*")))
    with log_of(bundle, lab) as noted:
        size = noted.log.size
        with pytest.raises(KitError):
            declare(bundle, lab.compiler, PLAIN, noted)
        assert noted.log.size == size
    assert (archive.read_bytes(), sorted(each.name for each in bundle.rglob("*"))) == before


@pytest.mark.parametrize("role", [Role.AUTHORISER, Role.REVIEWER])
def test_a_missing_role_is_named(
    bundle: Path, lab: Lab, refused: Callable[..., str], role: Role
) -> None:
    later = {endorsement_name(each): None for each in Role if each.rank >= role.rank}
    with_statements(bundle, later)
    assert refused(declare, bundle, lab.authoriser) == "declare.role_missing"


def test_a_plan_that_was_noted_nowhere_is_refused(
    bundle: Path, lab: Lab, refused: Callable[..., str]
) -> None:
    with_statements(bundle, {"plan.log.json": None})
    assert refused(declare, bundle, lab.authoriser) == "declare.plan_unproven"


def test_a_plan_noted_after_the_run_is_refused(
    bundle: Path, lab: Lab, refused: Callable[..., str]
) -> None:
    archive = with_statements(bundle, {"plan.log.json": None})
    with open_log(bundle.with_name("late.log"), name="late") as log, open_bundle(archive) as opened:
        late = note_in_log(opened, Noted(log=log, keys=(lab.tester,)), SystemClock().now())
    put_in_folder(bundle, "plan.log.json", late["plan.log.json"])
    with_statements(bundle, {})
    assert refused(declare, bundle, lab.authoriser) == "declare.plan_late"


def test_what_does_not_conform_is_not_declared(ready: Path, refused: Callable[..., str]) -> None:
    with open_bundle(ready) as opened:
        plan, report, state = opened.plan, opened.report, opened.state
        chain = verify_chain(opened.statements)
    replace = msgspec.structs.replace

    def held(**changes: Any) -> str:
        given = {"plan": plan, "report": report, "state": state, **changes}
        return refused(hold_fit, SimpleNamespace(**given), chain)

    hold_fit(SimpleNamespace(plan=plan, report=report, state=state), chain)  # type: ignore[arg-type]
    assert held(report=replace(report, conclusion=Conclusion.NON_CONFORMANT)) == (
        "declare.non_conformant"
    )
    assert held(report=replace(report, conclusion=Conclusion.INCONCLUSIVE)) == (
        "declare.inconclusive"
    )
    assert held(plan=replace(plan, include_draft=True)) == "declare.drafts"
    cancelled = replace(report.run, how="cancelled")
    assert held(report=replace(report, run=cancelled)) == "declare.incomplete"
    first, *rest = report.requirements
    assert (first.binding, first.modal) == (True, Modal.SHALL)
    skipped = replace(first, outcome=Outcome.SKIPPED)
    assert held(report=replace(report, requirements=(skipped, *rest))) == "declare.narrowed"
    waived = replace(first, annotations=("豁免",))
    assert held(report=replace(report, requirements=(waived, *rest))) == "declare.waived"


def test_a_second_declaration_amends_or_recalls(
    bundle: Path, lab: Lab, other_lab: Lab, refused: Callable[..., str]
) -> None:
    first = declare(bundle, lab.authoriser)
    earlier = (first.name, first.data)

    def again(key: Any = lab.authoriser, **asked: Any) -> str:
        return refused(declare, bundle, key, Declaring("CQ-8", **asked))

    plan = statements_of(first.archive)[PLAN_STATEMENT]
    elsewhere = changed(
        first.data,
        lab.authoriser,
        lambda said: said["predicate"]["target"].update(name="另一系统"),
    )
    assert again() == "declare.already"
    assert again(amends=earlier, recalls=earlier, reason="错") == "declare.both"
    assert again(amends=earlier) == "declare.no_reason"
    assert again(reason="错") == "declare.nothing_to_change"
    assert again(amends=(PLAN_STATEMENT, plan), reason="错") == "declare.not_a_declaration"
    assert again(amends=("x", b"{}"), reason="错") == "declare.not_a_declaration"
    assert again(amends=("x", elsewhere), reason="错") == "declare.other_subject"
    assert again(other_lab.authoriser, recalls=earlier, reason="错") == "declare.other_lab"

    second = declare(bundle, lab.authoriser, Declaring("CQ-8", amends=earlier, reason="型号有误"))
    assert second.name == "declaration-2.dsse.json"
    chain = verified(second.archive).chain
    stands = standing(chain)
    assert stands is not None
    assert stands.value.predicate.number == "CQ-8"
    asked = Declaring("CQ-9", recalls=earlier, reason="错")
    assert refused(declare, bundle, lab.authoriser, asked) == "declare.not_standing"

    recall = Declaring("CQ-9", recalls=(second.name, second.data), reason="样品弄错")
    third = declare(bundle, lab.authoriser, recall)
    assert standing(verified(third.archive).chain) is None
    page = paper_of(third.archive, "declaration").decode()
    assert "样品弄错" in page


def test_a_declaration_that_claims_more_is_refused_by_verify(
    bundle: Path, lab: Lab, refused: Callable[..., str]
) -> None:
    made = declare(bundle, lab.authoriser)
    for field, value in (("target_digest", "sha256:00"), ("job_digest", None)):
        forged = changed(
            made.data,
            lab.authoriser,
            lambda said, field=field, value=value: said["predicate"].update({field: value}),
        )
        path = with_statements(bundle, {made.name: forged})
        assert refused(verified, path) == "trust.claim_differs"


def test_patterns_fill_their_fields(refused: Callable[..., str]) -> None:
    lab, at = "urn:lab:cq:0001", BEFORE + timedelta(days=40)
    assert number_of("{lab}-{year}-{seq:04}", lab, at, 17) == "CQ-0001-2026-0017"
    assert number_of("渝检字〔{year}〕{month}第{seq}号", lab, at, 3) == "渝检字〔2026〕02第3号"
    assert number_of("N-17", None, at, None) == "N-17"
    assert counts("{seq:03}")
    assert not counts("{year}")
    assert refused(number_of, "{seq}", lab, at, None) == "declare.no_sequence"
    assert refused(number_of, "{lab}", None, at, None) == "declare.no_lab"
    for wrong in ("{name}", "", "{seq.__class__}", "{year:04}", "a\nb", "{seq", "x" * 65):
        assert refused(number_of, wrong, lab, at, 1) == "declare.number_pattern"


def test_the_order_in_the_bundle_is_the_one_that_was_planned(
    bundle: Path, refused: Callable[..., str]
) -> None:
    job = bundle / "job.json"
    job.write_text(job.read_text("utf-8").replace("示例软件有限公司", "别的公司"), "utf-8")
    assert refused(with_statements, bundle, {}) == "bundle.job_differs"


def test_pages_of_a_declaration_never_say_certificate(bundle: Path, lab: Lab) -> None:
    made = declare(bundle, lab.authoriser)
    for name in ("declaration", "badge", "lab"):
        page = paper_of(made.archive, name).decode()
        assert "证书" not in page
        assert "certificate" not in page.lower()
        assert name == "lab" or "CQ-7" in page
