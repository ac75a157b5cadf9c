"""Verifying a signed bundle: it holds as it is, and nothing about it can change unnoticed."""

import json
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bundle.make import exchange
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.bundle.seal import seal
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.errors import KitError
from cqsc_conform.model.statement import Role
from cqsc_conform.model.trust import TrustList
from cqsc_conform.trust.envelope import open_envelope
from cqsc_conform.trust.issue import add_endorsement, issue_plan, issue_verdicts
from cqsc_conform.trust.results import result_statement
from cqsc_conform.trust.signing import Signed
from cqsc_conform.trust.verify import Verified, verify_bundle
from trust.make import (
    AFTER,
    BEFORE,
    NOW,
    Lab,
    changed,
    judged,
    signed_again,
    signed_bundle,
    signed_list,
    statements_of,
    with_statements,
)

Refused = Callable[..., str]


def verified(path: Path, trust: Signed[TrustList] | None = None) -> Verified:
    with open_bundle(path) as bundle:
        return verify_bundle(bundle, now=NOW, judging=judged_again, trust=trust)


def test_a_signed_bundle_verifies_as_folder_and_archive(folder: Path, archive: Path) -> None:
    for path in (folder, archive):
        shown = verified(path).verification
        kinds = [each.kind for each in shown.statements]
        assert kinds == ["plan", "verdicts", *["endorsement"] * 3]
        assert shown.roles == (Role.COMPILER, Role.REVIEWER, Role.AUTHORISER)
        assert (shown.records, shown.replayed, shown.removed) == (5, 0, {})
        assert not any(each.trusted for each in shown.statements)


def test_a_trust_list_vouches_for_all_who_signed(archive: Path, lab: Lab, other_lab: Lab) -> None:
    listed = signed_list(other_lab.tester, lab.listed(of="CQ"))
    shown = verified(archive, listed).verification
    assert all(each.trusted for each in shown.statements)
    assert {each.lab.lab for each in shown.statements if each.lab} == {"urn:lab:cq:0001"}
    assert shown.trust_list is not None
    assert shown.trust_list.sequence == 7


def test_another_region_s_authority_vouches_for_nobody(
    archive: Path, other_lab: Lab, refused: Refused
) -> None:
    listed = signed_list(other_lab.tester, other_lab.listed())
    assert refused(verified, archive, listed) == "trust.chain_untrusted"


def test_every_flip_of_a_byte_of_a_signed_bundle_is_noticed(archive: Path) -> None:
    whole = archive.read_bytes()
    assert len(whole) < 40_000
    unnoticed = []
    # benchmarks/verify.py flips every one; here one in each line and field is enough.
    for at in range(0, len(whole), 23):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        archive.write_bytes(flipped)
        try:
            verified(archive)
        except KitError:
            continue
        unnoticed.append(at)
    assert unnoticed == []


def test_every_flip_of_a_byte_of_a_statement_is_noticed(folder: Path) -> None:
    """No checksum of an archive stands before these: the signatures themselves notice."""
    for name, data in statements_of(folder).items():
        path = folder / "statements" / name
        for at in range(len(name) % 19, len(data), 19):
            flipped = bytearray(data)
            flipped[at] ^= 1 << at % 7
            path.write_bytes(flipped)
            with pytest.raises(KitError) as found, open_bundle(folder) as bundle:
                verify_bundle(bundle, now=NOW, judging=None)
            assert found.value.code.startswith("trust."), at
        path.write_bytes(data)


def test_a_redacted_bundle_verifies_and_says_what_was_removed(
    archive: Path, tmp_path: Path, lab: Lab
) -> None:
    out = tmp_path / "less.cqsc.zip"
    redact(archive, out, ["catalog.walk/pages.1:response.body"])
    shown = verified(out, signed_list(lab.tester, lab.listed())).verification
    assert shown.removed == {"catalog.walk/pages.1": ("response.body",)}
    assert len(shown.statements) == 5


def test_verdicts_cannot_be_redacted(archive: Path, tmp_path: Path, refused: Refused) -> None:
    gone = ["verdicts.json:rows"]
    assert refused(redact, archive, tmp_path / "x.zip", gone) == "bundle.evidence_unknown"


def test_a_missing_statement_shows(folder: Path, refused: Refused) -> None:
    with_statements(folder, {"endorsement-compiler.dsse.json": None})
    assert refused(verified, folder) == "trust.link_missing"


def test_a_bundle_without_its_plan_statement_is_refused(folder: Path, refused: Refused) -> None:
    with_statements(folder, {"plan.dsse.json": None})
    assert refused(verified, folder) == "trust.link_missing"


def test_a_bundle_that_nobody_signed_is_refused(tmp_path: Path, refused: Refused) -> None:
    archive = seal(judged(tmp_path / "run"))
    assert refused(verified, archive) == "trust.unsigned"


def test_a_plan_signed_anew_breaks_the_chain(folder: Path, lab: Lab, refused: Refused) -> None:
    """Retry until green: a later plan statement is not the one that the verdicts follow."""
    plan = statements_of(folder)["plan.dsse.json"]

    def later(payload: dict[str, Any]) -> None:
        payload["predicate"]["number"] = "2026-00002"

    with_statements(folder, {"plan.dsse.json": changed(plan, lab.tester, later)})
    assert refused(verified, folder) == "trust.link_differs"


def test_a_plan_signed_after_the_run_began_is_refused(
    tmp_path: Path, lab: Lab, refused: Refused
) -> None:
    folder = judged(tmp_path / "run")
    with open_bundle(folder) as bundle:
        issue_plan(folder, bundle.plan, [lab.tester], AFTER)
    seal(folder)
    issue_verdicts(folder, [lab.tester], AFTER)
    assert refused(verified, folder) == "trust.plan_late"


def test_verdicts_signed_before_the_run_ended_are_refused(
    tmp_path: Path, lab: Lab, refused: Refused
) -> None:
    folder = judged(tmp_path / "run")
    with open_bundle(folder) as bundle:
        issue_plan(folder, bundle.plan, [lab.tester], BEFORE)
    seal(folder)
    issue_verdicts(folder, [lab.tester], BEFORE + timedelta(seconds=1))
    assert refused(verified, folder) == "trust.verdicts_early"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("plan", "seed", 9),
        ("plan", "level", 3),
        ("plan", "target_digest", "sha256:" + "9" * 64),
        ("verdicts", "conclusion", "conformant"),
        ("verdicts", "attempts", 7),
        ("verdicts", "run", "another"),
        ("verdicts", "evidence_root", "0" * 64),
        ("verdicts", "ended", "2026-01-02T03:05:00.000Z"),
    ],
)
def test_a_claim_that_the_bundle_does_not_bear_out_is_refused(
    tmp_path: Path, lab: Lab, refused: Refused, name: str, field: str, value: object
) -> None:
    """Even the owner of the key cannot sign what the bundle does not show."""
    folder = tmp_path / "run"
    signed_bundle(folder, lab, roles=False)
    files = statements_of(folder)
    file = f"{name}.dsse.json"

    def lie(payload: dict[str, Any]) -> None:
        payload["predicate"][field] = value

    lied = {file: changed(files[file], lab.tester, lie)}
    if name == "plan":
        lied["verdicts.dsse.json"] = None  # type: ignore[assignment]
    with_statements(folder, lied)
    assert refused(verified, folder) == "trust.claim_differs"


def test_an_extra_file_among_the_statements_is_refused(folder: Path, refused: Refused) -> None:
    with_statements(folder, {"notes.txt": b"hello"})
    assert refused(verified, folder) == "trust.statement_unlisted"
    with_statements(folder, {"notes.txt": None, "declaration.tsr": b"x"})
    assert refused(verified, folder) == "trust.statement_unlisted"


def test_swapped_statements_are_refused(folder: Path, refused: Refused) -> None:
    files = statements_of(folder)
    one, other = "endorsement-compiler.dsse.json", "endorsement-reviewer.dsse.json"
    with_statements(folder, {one: files[other], other: files[one]})
    assert refused(verified, folder) == "trust.kind_swapped"


def test_the_verdicts_of_another_run_are_refused(
    folder: Path, tmp_path: Path, lab: Lab, refused: Refused
) -> None:
    other = tmp_path / "other"
    signed_bundle(other, lab)
    with_statements(folder, statements_of(other))
    # The tiny run is the same, so that only the seal's neighbour differs: change the run.
    (folder / "report.json").write_bytes(b"{}")
    with_statements(folder, {})
    assert refused(verified, folder).startswith(("bundle.", "trust.subject_differs"))


def test_a_verdict_that_does_not_replay_is_refused(folder: Path, refused: Refused) -> None:
    def lies(bundle: Any) -> Any:
        verdicts, report = judged_again(bundle)
        return msgspec.structs.replace(verdicts, complete=not verdicts.complete), report

    with open_bundle(folder) as bundle:
        code = refused(verify_bundle, bundle, now=NOW, judging=lies)
    assert code == "trust.replay_rows"


def test_a_clock_before_the_issue_is_refused(archive: Path, refused: Refused) -> None:
    with open_bundle(archive) as bundle:
        code = refused(verify_bundle, bundle, now=BEFORE, judging=None)
    assert code == "trust.clock_before_issue"


def test_a_truncated_bundle_is_refused_at_every_length(archive: Path, refused: Refused) -> None:
    whole = archive.read_bytes()
    for size in range(0, len(whole), 997):
        archive.write_bytes(whole[:size])
        assert refused(verified, archive).startswith("bundle.")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("../escaped", b"x", "bundle.unsafe_path"),
        ("/absolute", b"x", "bundle.unsafe_path"),
        ("unlisted.json", b"{}", "bundle.not_canonical"),
        ("plan.json", b"{}", "bundle.duplicate_entry"),
    ],
)
def test_a_foreign_entry_is_refused(
    archive: Path, refused: Refused, name: str, data: bytes, code: str
) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as opened:
        # Python itself warns of the second entry of one name.
        warnings.simplefilter("ignore")
        opened.writestr(name, data)
    assert refused(verified, archive) in {code, "bundle.not_canonical"}


def test_a_bomb_is_refused_before_it_unfolds(archive: Path, refused: Refused) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("manifest.json", b"0" * 50_000_000)
    assert refused(verified, archive) == "bundle.compressed"


def test_leaves_reordered_are_refused(folder: Path, refused: Refused) -> None:
    segment = folder / "evidence/000001.ndjson"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    assert refused(verified, folder).startswith("bundle.evidence")


def test_nothing_is_written_when_an_endorsement_is_refused(
    archive: Path, lab: Lab, refused: Refused
) -> None:
    before = archive.read_bytes()
    code = refused(add_endorsement, archive, Role.CHECKER, [lab.compiler], NOW, judged_again)
    assert code == "trust.same_person"
    assert archive.read_bytes() == before
    assert sorted(each.name for each in archive.parent.iterdir()) == ["run", "run.cqsc.zip"]


def test_a_bundle_is_endorsed_as_an_archive_alone(
    tmp_path: Path, lab: Lab, refused: Refused
) -> None:
    archive = signed_bundle(tmp_path / "run", lab, roles=False)
    checker = lab.person("钱校核")
    add_endorsement(archive, Role.CHECKER, [checker], NOW, judged_again)
    assert verified(archive).chain.roles == (Role.CHECKER,)
    code = refused(add_endorsement, archive, Role.CHECKER, [checker], NOW, judged_again)
    assert code == "trust.statement_there"


def test_folder_and_archive_hold_the_same_signatures(folder: Path, archive: Path, lab: Lab) -> None:
    add_endorsement(archive, Role.CHECKER, [lab.person("钱校核")], NOW, judged_again)
    assert statements_of(folder) == statements_of(archive)
    assert seal(folder).read_bytes() == archive.read_bytes()


def test_a_bundle_exports_as_an_in_toto_test_result(archive: Path) -> None:
    with open_bundle(archive) as bundle:
        said = json.loads(msgspec.json.encode(result_statement(bundle)))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert said["predicate"]["result"] == "WARNED"
    assert {"configuration", "passedTests", "warnedTests", "failedTests"} < set(said["predicate"])


def test_withdrawn_checks_and_evidence_stay_apart(archive: Path) -> None:
    assert exchange(1).id == "catalog.walk/pages.1"
    assert verified(archive).verification.withdrawn == ()


def test_a_signature_by_somebody_else_is_refused(folder: Path, lab: Lab, refused: Refused) -> None:
    name = "endorsement-authoriser.dsse.json"
    payload = open_envelope(statements_of(folder)[name], name).payload
    with_statements(folder, {name: signed_again(payload, lab.compiler)})
    assert refused(verified, folder) == "trust.signature_missing"
