"""The log of issued statements: append-only, provable, with running numbers."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.seal import seal
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.trust import LogProof, TrustedKey, Validity
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.issue import Noted, issue_plan, issue_verdicts, note_in_log
from cqsc_conform.trust.log import open_head, open_log, verify_grown, verify_logged
from cqsc_conform.trust.proofs import read_proof
from cqsc_conform.trust.store import add_statements
from cqsc_conform.trust.verify import Verified, verify_bundle
from trust.make import (
    AFTER,
    BEFORE,
    NOW,
    SINCE,
    UNTIL,
    Lab,
    judged,
    signed_list,
    statements_of,
    with_statements,
)

Refused = Callable[..., str]
DIGESTS = [f"{number:064x}" for number in range(1, 12)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "lab.log"


def test_every_entry_is_proven_and_growth_too(log: Path, lab: Lab) -> None:
    keys = (lab.tester,)
    with open_log(log, name="渝检") as opened:
        heads = []
        for digest in DIGESTS:
            opened.append("plan", digest, NOW)
            heads.append(opened.head(keys, NOW))
        numbers = [each.number for each in opened.entries()]
        assert numbers == [f"2026-{number:05d}" for number in range(1, 12)]
        for place, digest in enumerate(DIGESTS):
            proof = opened.prove(digest, heads[-1])
            assert verify_logged(proof, digest, "x").value.size == len(DIGESTS)
            grown = opened.grown(heads[place], heads[-1])
            earlier, later = verify_grown(grown, "x")
            assert (earlier.value.size, later.value.size) == (place + 1, len(DIGESTS))
        assert opened.check() == len(DIGESTS)


def test_a_false_proof_is_refused(log: Path, lab: Lab, refused: Refused) -> None:
    with open_log(log, name="渝检") as opened:
        for digest in DIGESTS[:5]:
            opened.append("plan", digest, NOW)
        head = opened.head((lab.tester,), NOW)
        proof = opened.prove(DIGESTS[2], head)
        assert refused(opened.prove, DIGESTS[9], head) == "log.not_there"
        opened.append("plan", DIGESTS[6], NOW)
        assert refused(opened.prove, DIGESTS[6], head) == "log.not_there"
        earlier = opened.grown(head, opened.head((lab.tester,), NOW))

    def of(**fields: object) -> str:
        return refused(verify_logged, msgspec.structs.replace(proof, **fields), DIGESTS[2], "x")

    assert refused(verify_logged, proof, DIGESTS[3], "x") == "trust.log_other"
    assert of(path=proof.path[:-1]) == "trust.log_proof"
    assert of(path=(*proof.path, proof.path[0])) == "trust.log_proof"
    assert of(path=tuple(reversed(proof.path))) == "trust.log_proof"
    assert of(path=("zz",)) == "trust.log_proof"
    assert of(path=("00",)) == "trust.log_proof"
    # A node that passes for a leaf: the entry's own hash one level up.
    moved = msgspec.structs.replace(proof.entry, index=1)
    assert of(entry=moved, path=proof.path[1:]) == "trust.log_proof"
    renumbered = msgspec.structs.replace(proof.entry, number="2026-00001")
    assert of(entry=renumbered) == "trust.log_proof"
    assert of(head=proof.head.replace("a", "b", 1)).startswith("trust.")
    wrong = msgspec.structs.replace(earlier, path=earlier.path[:-1])
    assert refused(verify_grown, wrong, "x") == "trust.log_grown"
    data = encode_readable(proof)
    assert read_proof(data, "x") == proof
    assert refused(read_proof, data + b"\n", "x") == "trust.log_form"
    assert refused(read_proof, b"{}", "x") == "trust.log_form"
    assert msgspec.json.decode(data, type=LogProof) == proof


def test_the_log_only_grows(log: Path, lab: Lab, refused: Refused) -> None:
    with open_log(log, name="渝检") as opened:
        first = opened.append("plan", DIGESTS[0], NOW)
        assert opened.append("plan", DIGESTS[0], NOW + timedelta(days=1)) == first
        opened.append("verdicts", DIGESTS[1], NOW, first.number)
        taken = refused(opened.append, "plan", DIGESTS[2], NOW, first.number)
        assert taken == "log.number_taken"
        head = opened.head((lab.tester,), NOW)
        assert open_head(head, "x").value.size == 2
    database = sqlite3.connect(log)
    for statement in ("DELETE FROM entry", "UPDATE entry SET number = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(statement)
    # Who takes the guard away is found by the heads that were signed.
    database.execute("DROP TRIGGER entry_stays")
    database.execute("UPDATE entry SET number = 'x' WHERE place = 0")
    database.commit()
    database.close()
    with open_log(log) as opened:
        assert refused(opened.check) == "trust.log_altered"
        assert opened.head((lab.tester,), NOW)


def test_what_is_no_log_is_told(tmp_path: Path, refused: Refused) -> None:
    def open_it(path: Path, name: str | None = None) -> None:
        with open_log(path, name=name):
            pass

    assert refused(open_it, tmp_path / "none") == "log.missing"
    (tmp_path / "text").write_bytes(b"no database at all, but long enough to be read" * 99)
    assert refused(open_it, tmp_path / "text", "x") == "log.not_a_log"
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (a)").connection.commit()
    assert refused(open_it, tmp_path / "other", "x") == "log.not_a_log"
    open_it(tmp_path / "new", "a")
    assert refused(open_it, tmp_path / "new", "b") == "log.other_name"


def test_two_runs_at_once_take_two_numbers(log: Path) -> None:
    with open_log(log, name="渝检"):
        pass

    def take(start: int) -> None:
        with open_log(log) as opened:
            for number in range(5):
                opened.append("plan", f"{start + number:064x}", NOW)

    threads = [threading.Thread(target=take, args=(start,)) for start in (100, 200, 300)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with open_log(log) as opened:
        numbers = [each.number for each in opened.entries()]
        assert len(set(numbers)) == len(numbers) == 15
        assert opened.check() == 0


def logged(folder: Path, log: Path, lab: Lab) -> Path:
    """Sign the tiny run with its plan noted in a log before it begins."""
    judged(folder)
    with open_bundle(folder) as bundle, open_log(log, name="渝检") as opened:
        issue_plan(folder, bundle.plan, [lab.tester], BEFORE, noted=Noted(opened, (lab.tester,)))
    return folder


def test_a_plan_in_the_log_is_proven_before_its_run(
    tmp_path: Path, log: Path, lab: Lab, refused: Refused
) -> None:
    folder = logged(tmp_path / "run", log, lab)
    seal(folder)
    issue_verdicts(folder, [lab.tester], AFTER)
    key = TrustedKey(
        name="渝检",
        use="log",
        validity=Validity(rfc3339(SINCE), rfc3339(UNTIL)),
        keyid=lab.tester.card.keyid,
    )
    listed = signed_list(lab.tester, lab.listed(), keys=(key,))

    def verified() -> Verified:
        with open_bundle(folder) as bundle:
            return verify_bundle(bundle, now=NOW, judging=judged_again, trust=listed)

    shown = verified()
    assert shown.proven["plan.dsse.json"].by == "log"
    assert shown.proven["plan.dsse.json"].number == "2026-00001"
    assert shown.chain.plan.value.predicate.number == "2026-00001"
    assert "verdicts.dsse.json" not in shown.proven
    with open_bundle(folder) as bundle, open_log(log) as opened:
        proofs = note_in_log(bundle, Noted(opened, (lab.tester,)), AFTER)
    assert sorted(proofs) == ["verdicts.log.json"]
    add_statements(folder, proofs)
    assert verified().proven["verdicts.dsse.json"].by == "log"
    listed = signed_list(lab.tester, lab.listed())
    assert refused(verified) == "trust.log_untrusted"
    # The proof of one statement put beside another.
    files = statements_of(folder)
    with_statements(folder, {"plan.log.json": files["verdicts.log.json"]})
    assert refused(verified) == "trust.log_other"
