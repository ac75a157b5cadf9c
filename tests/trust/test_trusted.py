"""Trust lists: who is vouched for, for what and when; and that no older list passes."""

import base64
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from cqsc_conform.model.statement import Algorithm, Statement
from cqsc_conform.model.trust import (
    TRUST_LIST_PAYLOAD,
    Revocation,
    TrustedKey,
    TrustState,
    Validity,
    WithdrawnCheck,
)
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.certificates import LAB_USE
from cqsc_conform.trust.keys import Key, make_key, signer_of
from cqsc_conform.trust.lists import admit, open_list, read_state, write_state
from cqsc_conform.trust.signing import Signed, open_statement, sign_payload, sign_statement
from cqsc_conform.trust.trusted import in_scope, trusted
from trust.make import (
    AFTER,
    NOW,
    SINCE,
    UNTIL,
    Lab,
    certificate,
    signed_list,
    statements_of,
    trust_list,
)

Refused = Callable[..., str]


def by(archive: Path, *keys: Key) -> Signed[Statement]:
    """Let somebody else sign the plan statement."""
    statement = open_statement(statements_of(archive)["plan.dsse.json"], "plan").value
    signer = signer_of([each.card for each in keys])
    predicate = msgspec.structs.replace(statement.predicate, signer=signer)  # type: ignore[type-var]
    statement = msgspec.structs.replace(statement, predicate=predicate)  # type: ignore[type-var]
    return open_statement(sign_statement(statement, keys), "plan.dsse.json")


class Ask:
    def __init__(self, archive: Path, refused: Refused) -> None:
        self.archive, self.refused = archive, refused

    def __call__(self, key: Key, *authorities: Any, **more: Any) -> str:
        named = {name: more.pop(name) for name in ("now", "profiles", "proven_at") if name in more}
        listed = trust_list(key, *authorities, **more)
        given = {"now": NOW, "profiles": ["di-catalog"], **named}
        return self.refused(trusted, by(self.archive, key), listed, **given)


@pytest.fixture
def ask(archive: Path, refused: Refused) -> Ask:
    return Ask(archive, refused)


def test_scope_validity_and_revocation(ask: Ask, archive: Path, lab: Lab) -> None:
    key, listed = lab.tester, lab.listed("di-*", "iot-telemetry")
    facts = trusted(
        by(archive, key), trust_list(key, listed), now=NOW, profiles=["di-core", "iot-telemetry"]
    )
    assert (facts.lab, facts.region, facts.subject) == ("urn:lab:cq:0001", "CQ", "张测试")
    assert ask(key, listed, profiles=["sec-transport"]) == "trust.out_of_scope"
    assert ask(key) == "trust.chain_untrusted"
    assert ask(key, listed, now=UNTIL) == "trust.expired"
    assert ask(key, listed, now=SINCE) == "trust.clock_before_issue"
    early = msgspec.structs.replace(listed, validity=Validity(rfc3339(AFTER), rfc3339(UNTIL)))
    assert ask(key, early) == "trust.not_yet_valid"
    assert ask(key, listed, proven_at=SINCE) == "trust.proven_before_issue"
    # A time that is proven stands for the time at which somebody verifies.
    trusted(by(archive, key), trust_list(key, listed), now=UNTIL, profiles=[], proven_at=AFTER)


@pytest.mark.parametrize("whose", ["the key", "its authority"])
def test_a_compromised_key_is_believed_only_before(
    ask: Ask, archive: Path, lab: Lab, whose: str
) -> None:
    key, listed = lab.tester, lab.listed()
    keyid = (key if whose == "the key" else lab.authority).card.keyid
    later = rfc3339(NOW - timedelta(days=1))

    def gone(reason: Any, at: str = later) -> dict[str, Any]:
        return {"revoked": (Revocation(keyid, at, reason),)}

    assert ask(key, listed, **gone("key_compromise")) == "trust.revoked"
    assert ask(key, listed, **gone("ceased", rfc3339(SINCE))) == "trust.revoked"
    for reason, proven in (("ceased", None), ("key_compromise", AFTER)):
        trusted(
            by(archive, key),
            trust_list(key, listed, **gone(reason)),
            now=NOW,
            profiles=[],
            proven_at=proven,
        )


def test_algorithms_are_accepted_and_demanded(ask: Ask, archive: Path, lab: Lab) -> None:
    key, listed = lab.tester, lab.listed()
    assert ask(key, listed, requires=(Algorithm.SM2,)) == "trust.algorithm_required"
    assert ask(key, listed, accepts=(Algorithm.SM2,)) == "trust.algorithm_accepted"
    sm2 = make_key(Algorithm.SM2, "张测试")
    raw = TrustedKey(
        name="张测试",
        use="statement",
        validity=Validity(rfc3339(SINCE), rfc3339(UNTIL)),
        keyid=sm2.card.keyid,
        scope=("*",),
        lab="urn:lab:cq:0001",
    )
    alone = {"accepts": (Algorithm.SM2,), "requires": (Algorithm.SM2,), "keys": (raw,)}
    facts = trusted(by(archive, sm2), trust_list(sm2, **alone), now=NOW, profiles=["x"])
    assert facts.lab == "urn:lab:cq:0001"
    assert ask(sm2, **{**alone, "keys": ()}) == "trust.key_untrusted"
    ed = make_key(Algorithm.ED25519, "张测试")
    edwards = msgspec.structs.replace(raw, keyid=ed.card.keyid)
    accepted = trust_list(ed, accepts=(Algorithm.ED25519,), keys=(edwards,))
    assert trusted(by(archive, ed), accepted, now=NOW, profiles=[]).subject == "张测试"


def test_a_certificate_is_held_to_what_it_is_for(ask: Ask, archive: Path, lab: Lab) -> None:
    listed = lab.listed()

    def with_card(key: Key, **fields: Any) -> Key:
        return Key(card=msgspec.structs.replace(key.card, **fields), private=key.private)

    assert ask(with_card(lab.tester, name="别人"), listed) == "trust.name_differs"
    assert ask(with_card(lab.tester, lab="urn:lab:cq:9"), listed) == "trust.lab_differs"
    chain = lab.tester.card.chain
    assert ask(with_card(lab.tester, chain=chain * 2), listed) == "trust.chain_length"
    assert ask(with_card(lab.tester, chain=("AAAA",)), listed) == "trust.certificate_form"
    other = with_card(lab.tester, chain=lab.compiler.card.chain)
    assert ask(other, listed) == "trust.certificate_other_key"
    # An authority of the same name with another key.
    twin = Lab()
    assert ask(twin.tester, listed) == "trust.certificate_signature"
    assert ask(_leaf(lab, use=False), listed) == "trust.certificate_use"
    assert ask(_leaf(lab, critical=False), listed) == "trust.certificate_use"
    assert ask(_leaf(lab, urn="urn:other:1"), listed) == "trust.certificate_no_lab"
    assert ask(_leaf(lab, unknown=True), listed) == "trust.certificate_critical"
    expired = lab.person("短期", until=SINCE + timedelta(days=1))
    assert ask(expired, listed) == "trust.expired"
    assert certificate(lab.tester).not_valid_before_utc == SINCE
    assert trusted(by(archive, lab.tester), trust_list(lab.tester, listed), now=NOW, profiles=[])


def _leaf(
    lab: Lab, *, use: bool = True, critical: bool = True, urn: str = "urn:lab:cq:1",
    unknown: bool = False,
) -> Key:  # fmt: skip
    key = make_key(Algorithm.P256, "某人")
    assert not isinstance(key.private, bytes)
    public = key.private.public_key()  # type: ignore[union-attr]
    usage = certificate(lab.tester).extensions.get_extension_for_class(x509.KeyUsage).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "某人")]))
        .issuer_name(lab.root.subject)
        .serial_number(7)
        .not_valid_before(SINCE)
        .not_valid_after(UNTIL)
        .public_key(public)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(urn)]), critical=False
        )
    )
    purpose = LAB_USE if use else x509.ExtendedKeyUsageOID.CODE_SIGNING
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=critical)
    if unknown:
        odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        builder = builder.add_extension(odd, critical=True)
    signed = builder.sign(lab.authority.private, hashes.SHA256())  # type: ignore[arg-type]
    text = base64.b64encode(signed.public_bytes(Encoding.DER)).decode()
    return Key(card=msgspec.structs.replace(key.card, chain=(text,)), private=key.private)


def test_openssl_agrees_on_the_chain(lab: Lab, other_lab: Lab, tmp_path: Path) -> None:
    leaf, root, other = (tmp_path / name for name in ("leaf.pem", "root.pem", "other.pem"))
    leaf.write_bytes(certificate(lab.tester).public_bytes(Encoding.PEM))
    root.write_bytes(lab.root.public_bytes(Encoding.PEM))
    other.write_bytes(other_lab.root.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-CAfile"]
    for trusted_root, good in ((root, True), (other, False)):
        done = subprocess.run([*command, trusted_root, leaf], capture_output=True, check=False)
        assert (done.returncode == 0) is good, done.stderr


def test_scopes_are_ids_and_beginnings() -> None:
    assert in_scope("di-catalog", ["iot", "di-catalog"])
    assert in_scope("di-catalog", ["di-*"])
    assert in_scope("anything", ["*"])
    assert not in_scope("di-catalog", ["di", "catalog", "iot-*"])
    assert not in_scope("di-catalog", [])


def test_a_list_is_fresh_and_never_rolled_back(lab: Lab, refused: Refused) -> None:
    issuer = lab.tester
    seventh = signed_list(issuer, lab.listed())
    assert refused(admit, seventh, TrustState(), NOW + timedelta(days=10)) == "trust.list_stale"
    assert refused(admit, seventh, TrustState(), NOW - timedelta(days=11)) == "trust.list_future"
    state = admit(seventh, TrustState(), NOW)
    assert admit(seventh, state, NOW) == state
    sixth = signed_list(issuer, lab.listed(), sequence=6)
    assert refused(admit, sixth, state, NOW) == "trust.list_rolled_back"
    fork = signed_list(issuer, sequence=7)
    assert refused(admit, fork, state, NOW) == "trust.list_forked"
    stranger = signed_list(lab.compiler, sequence=8)
    assert refused(admit, stranger, state, NOW) == "trust.list_signer"
    pins = frozenset({issuer.card.keyid})
    assert refused(admit, stranger, TrustState(), NOW, pins) == "trust.list_signer"
    # An announced key may sign the next list.
    announced = signed_list(issuer, sequence=8, next_keys=(lab.compiler.card.keyid,))
    state = admit(announced, state, NOW)
    state = admit(signed_list(lab.compiler, sequence=9), state, NOW)
    assert [each.sequence for each in state.lists] == [9]
    # Another region's list is remembered beside it.
    both = admit(signed_list(issuer, region="CQ", sequence=1), state, NOW)
    assert len(both.lists) == 2


def test_a_broken_memory_is_no_memory_of_nothing(
    tmp_path: Path, lab: Lab, refused: Refused
) -> None:
    path = tmp_path / "deep" / "state.json"
    assert read_state(path) == TrustState()
    state = admit(signed_list(lab.tester), TrustState(), NOW)
    write_state(path, state)
    assert read_state(path) == state
    path.write_bytes(b"{")
    assert refused(read_state, path) == "trust.state_broken"


def test_what_a_list_holds_is_read_strictly(lab: Lab, refused: Refused) -> None:
    issuer = lab.tester
    leaf = msgspec.structs.replace(lab.listed(), certificate=lab.tester.card.chain[0])
    assert refused(signed_list, issuer, leaf) == "trust.authority_form"
    gone = (WithdrawnCheck("paging.total", 1, "soon", "wrong"),)
    assert refused(signed_list, issuer, withdrawn=gone) == "trust.not_a_time"
    assert refused(signed_list, issuer, critical=("embargo",)) == "trust.critical_unknown"
    plain = msgspec.to_builtins(trust_list(issuer))
    data = sign_payload(
        TRUST_LIST_PAYLOAD, {**plain, "embargo": 1}, signer_of([issuer.card]), [issuer]
    )
    assert refused(open_list, data, "list") == "trust.not_statement"
