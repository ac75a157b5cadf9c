"""Envelopes and statements are read strictly; each fault has its own code."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cqsc_conform.cli.world import SystemEntropy
from cqsc_conform.model.statement import PAYLOAD_TYPE, Algorithm, Role
from cqsc_conform.trust.algorithms import public_info, sign, verifies
from cqsc_conform.trust.chain import verify_chain
from cqsc_conform.trust.envelope import encode_envelope, open_envelope, pae, sha256_of
from cqsc_conform.trust.keys import load_key, make_key, read_card, save_key, signer_of
from cqsc_conform.trust.signing import open_statement, sign_statement
from trust.make import Lab, changed, signed_again, statements_of

Refused = Callable[..., str]
PLAN = "plan.dsse.json"


def test_the_pre_authentication_encoding_is_the_published_one() -> None:
    """The example of the DSSE protocol's own text."""
    known = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == known


def edited(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    envelope = json.loads(data)
    change(envelope)
    return msgspec.json.format(msgspec.json.encode(envelope), indent=2) + b"\n"


def test_each_fault_of_an_envelope_has_its_own_code(
    archive: Path, lab: Lab, refused: Refused
) -> None:
    plan = statements_of(archive)[PLAN]
    payload = open_envelope(plan, PLAN).payload

    def of(change: Callable[[dict[str, Any]], object]) -> str:
        return refused(open_statement, edited(plan, change), PLAN)

    first = lambda envelope: envelope["signatures"][0]  # noqa: E731
    assert of(lambda e: e.update(payloadType="text/plain")) == "trust.payload_type"
    assert of(lambda e: e.update(payload="eyJ9=")) == "trust.base64"
    assert of(lambda e: e.update(payload="eyJ")) == "trust.base64"
    assert of(lambda e: e.update(more=1)) == "trust.envelope_form"
    assert of(lambda e: first(e).update(crit="x")) == "trust.envelope_form"
    assert of(lambda e: e.pop("payload")) == "trust.envelope_form"
    assert of(lambda e: e.update(signatures=[])) == "trust.signature_missing"
    assert of(lambda e: e["signatures"].append(first(e))) == "trust.signature_extra"
    assert of(lambda e: first(e).update(keyid="0" * 64)) == "trust.signature_missing"
    wrong = base64.b64encode(b"\x30\x06\x02\x01\x01\x02\x01\x01").decode()
    assert of(lambda e: first(e).update(sig=wrong)) == "trust.signature_invalid"
    twice = plan.replace(b'"payload":', b'"payload": "e30=",\n  "payload":')
    assert refused(open_statement, twice, PLAN) == "trust.duplicate_key"
    assert refused(open_statement, plan + b" ", PLAN) == "trust.envelope_spelling"
    assert refused(open_statement, plan[:-9], PLAN) == "trust.not_json"
    assert refused(open_statement, b" " * (5 * 2**20), PLAN) == "trust.too_large"

    def signed(data: bytes) -> str:
        return refused(open_statement, signed_again(data, lab.tester), PLAN)

    assert signed(b'{"a":1,"a":2}') == "trust.duplicate_key"
    assert signed(b"[1]") == "trust.not_statement"
    assert signed(b'{"predicateType":"https://example.org/x"}') == "trust.statement_kind"
    assert signed(payload.replace(b"Statement/v1", b"Statement/v9")) == "trust.not_statement"


def test_each_fault_of_a_predicate_has_its_own_code(
    archive: Path, lab: Lab, refused: Refused
) -> None:
    plan = statements_of(archive)[PLAN]

    def of(change: Callable[[dict[str, Any]], object]) -> str:
        data = changed(plan, lab.tester, lambda payload: change(payload["predicate"]))
        return refused(open_statement, data, PLAN)

    key = lambda predicate: predicate["signer"]["keys"][0]  # noqa: E731
    assert of(lambda p: p.update(critical=["embargo"], embargo=1)) == "trust.critical_unknown"
    assert of(lambda p: p.pop("seed")) == "trust.not_statement"
    assert of(lambda p: p["signer"].update(keys=[])) == "trust.unsigned_payload"
    assert of(lambda p: key(p).update(public_key="AAAA")) == "trust.keyid_differs"
    assert of(lambda p: key(p).update(algorithm="ed25519")) == "trust.key_form"
    assert of(lambda p: key(p).update(algorithm="sm2-sm3")) == "trust.key_form"
    assert of(lambda p: key(p).update(algorithm="rsa")) == "trust.not_statement"
    known = changed(plan, lab.tester, lambda payload: payload["predicate"].update(later=[1]))
    assert open_statement(known, PLAN).value.predicate.seed == 0


def test_two_signatures_of_one_person_stand_or_fall_together(
    archive: Path, refused: Refused
) -> None:
    """A stripped SM2 signature shows, and so do two that changed places."""
    statement = open_statement(statements_of(archive)[PLAN], PLAN).value
    keys = [make_key(each, "张测试") for each in (Algorithm.SM2, Algorithm.P256)]
    signer = signer_of([each.card for each in keys])
    assert [each.algorithm for each in signer.keys] == [Algorithm.P256, Algorithm.SM2]
    predicate = msgspec.structs.replace(statement.predicate, signer=signer)  # type: ignore[type-var]
    both = sign_statement(msgspec.structs.replace(statement, predicate=predicate), keys)  # type: ignore[type-var]
    assert open_statement(both, PLAN).signer == signer
    stripped = edited(both, lambda e: e["signatures"].pop())
    assert refused(open_statement, stripped, PLAN) == "trust.signature_missing"
    swapped = edited(both, lambda e: e["signatures"].reverse())
    assert refused(open_statement, swapped, PLAN) == "trust.signature_order"
    code = refused(sign_statement, statement, keys)
    assert code == "keys.not_the_signer"


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_file_keeps_its_key(tmp_path: Path, refused: Refused, algorithm: Algorithm) -> None:
    key = make_key(algorithm, "张测试", "urn:lab:cq:1")
    path = tmp_path / "a.key"
    save_key(key, path, "long enough", SystemEntropy())
    assert path.stat().st_mode & 0o077 == 0
    assert "张".encode() not in path.read_bytes()
    again = load_key(path, "long enough")
    assert again.card == key.card == read_card(path)
    message = b"message"
    assert verifies(*public_info(key.private), message, sign(again.private, message))
    assert not verifies(*public_info(key.private), b"other", sign(again.private, message))
    assert refused(load_key, path, "wrong") == "keys.passphrase"
    assert refused(save_key, key, path, "long enough", SystemEntropy()) == "keys.exists"
    other = make_key(algorithm, "李编制")
    save_key(other, tmp_path / "b.key", "long enough", SystemEntropy())
    (tmp_path / "b.key.card.json").write_bytes((tmp_path / "a.key.card.json").read_bytes())
    assert refused(load_key, tmp_path / "b.key", "long enough") == "keys.other_card"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert refused(load_key, path, "long enough") == "keys.not_encrypted"
    path.write_bytes(b"no key")
    assert refused(load_key, path, "long enough") == "keys.not_a_key"


def test_a_short_passphrase_is_refused(tmp_path: Path, refused: Refused) -> None:
    key = make_key(Algorithm.P256, "张测试")
    code = refused(save_key, key, tmp_path / "a.key", "short", SystemEntropy())
    assert code == "keys.passphrase_short"
    assert list(tmp_path.iterdir()) == []


def test_keys_of_two_people_sign_no_statement_together(refused: Refused) -> None:
    one, other = make_key(Algorithm.P256, "甲"), make_key(Algorithm.P256, "乙")
    assert refused(signer_of, [one.card, other.card]) == "keys.two_persons"
    assert refused(signer_of, [one.card, one.card]) == "keys.twice"
    assert refused(signer_of, []) == "keys.no_key"


def role_changed(files: dict[str, bytes], role: Role, key: Any, **fields: Any) -> dict[str, bytes]:
    name = f"endorsement-{role.value}.dsse.json"
    data = changed(files[name], key, lambda payload: payload["predicate"].update(fields))
    kept = {each: files[each] for each in files if not each.startswith("endorsement-")}
    order = [Role.COMPILER, Role.REVIEWER, Role.AUTHORISER]
    for each in order[: order.index(role)]:
        kept[f"endorsement-{each.value}.dsse.json"] = files[f"endorsement-{each.value}.dsse.json"]
    return {**kept, name: data}


def test_a_chain_holds_people_roles_and_times_together(
    archive: Path, lab: Lab, refused: Refused
) -> None:
    files = statements_of(archive)
    assert len(verify_chain(files).all) == 5
    reviewer = json.loads(open_envelope(files["endorsement-reviewer.dsse.json"], "x").payload)
    follows = reviewer["predicate"]["follows"]

    def of(**fields: Any) -> str:
        return refused(verify_chain, role_changed(files, Role.REVIEWER, lab.reviewer, **fields))

    assert of(follows=follows[:1]) == "trust.role_order"
    assert of(follows=[]) == "trust.follows_wrong"
    assert of(follows=follows[1:]) == "trust.follows_wrong"
    assert of(follows=[*follows, follows[1]]) == "trust.follows_wrong"
    assert of(at="2026-01-02T03:00:00.000Z") == "trust.time_order"
    assert of(at="yesterday") == "trust.not_a_time"
    missing = {**follows[0], "name": "declaration.dsse.json"}
    assert of(follows=[missing]) == "trust.link_missing"
    assert of(follows=[{**follows[0], "sha256": "0" * 64}]) == "trust.link_differs"
    name = "endorsement-reviewer.dsse.json"
    subject = changed(files[name], lab.reviewer, lambda payload: payload["subject"].pop())
    kept = {
        each: data for each, data in files.items() if each != "endorsement-authoriser.dsse.json"
    }
    assert refused(verify_chain, {**kept, name: subject}) == "trust.subject_differs"


def test_one_name_under_two_keys_is_one_person(archive: Path, lab: Lab, refused: Refused) -> None:
    files = statements_of(archive)
    twin = make_key(Algorithm.P256, lab.compiler.card.name)
    signer = msgspec.to_builtins(signer_of([twin.card]))
    changed_files = role_changed(files, Role.REVIEWER, twin, signer=signer)
    assert refused(verify_chain, changed_files) == "trust.same_person"


def test_an_envelope_is_named_by_the_digest_of_its_file(archive: Path) -> None:
    files = statements_of(archive)
    chain = verify_chain(files)
    assert chain.verdicts is not None
    (link,) = chain.verdicts.value.predicate.follows
    assert link.sha256 == sha256_of(files[PLAN])
    again = encode_envelope(
        PAYLOAD_TYPE, *(getattr(open_envelope(files[PLAN], PLAN), each)
                        for each in ("payload", "signatures"))
    )  # fmt: skip
    assert again == files[PLAN]
