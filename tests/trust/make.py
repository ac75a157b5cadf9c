"""People with keys, trust lists and signed bundles to test on."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bundle.make import finished
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.seal import seal
from cqsc_conform.checks import registered
from cqsc_conform.cli.finish import report_of
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.cli.world import SystemEntropy
from cqsc_conform.engine.judge import Bench
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.statement import PAYLOAD_TYPE, Algorithm, Role
from cqsc_conform.model.trust import (
    TRUST_LIST_PAYLOAD,
    Authority,
    TrustList,
    Validity,
)
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.algorithms import sign
from cqsc_conform.trust.demo_ca import issue_certificate, make_authority
from cqsc_conform.trust.envelope import encode_envelope, open_envelope, pae
from cqsc_conform.trust.issue import add_endorsement, issue_plan, issue_verdicts
from cqsc_conform.trust.keys import Key, make_key, signer_of
from cqsc_conform.trust.lists import open_list
from cqsc_conform.trust.signing import Signed, sign_payload

LAB = "urn:lab:cq:0001"
# The tiny run's journal is from 2026-01-02T03:04:05.678Z.
BEFORE = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
AFTER = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
SINCE, UNTIL = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


class Lab:
    """A laboratory: an authority, and four people whose keys it certified."""

    def __init__(self, region: str = "CQ", lab: str = LAB) -> None:
        self.region = region
        self.authority = make_key(Algorithm.P256, f"{region} 签发机构")
        self.root = make_authority(self.authority, SINCE, UNTIL, SystemEntropy())
        self.tester, self.compiler, self.reviewer, self.authoriser = (
            self.person(name, lab) for name in ("张测试", "李编制", "王审核", "赵批准")
        )

    def person(
        self, name: str, lab: str = LAB, *, since: datetime = SINCE, until: datetime = UNTIL,
        algorithm: Algorithm = Algorithm.P256,
    ) -> Key:  # fmt: skip
        key = make_key(algorithm, name)
        card = issue_certificate(
            key.card, lab, self.authority, self.root, since, until, SystemEntropy()
        )
        return Key(card=card, private=key.private)

    def listed(self, *scope: str, of: str | None = None) -> Authority:
        return Authority(
            name=f"{self.region} 签发机构",
            region=of or self.region,
            certificate=base64.b64encode(self.root.public_bytes(Encoding.DER)).decode(),
            scope=scope or ("*",),
            validity=Validity(rfc3339(SINCE), rfc3339(UNTIL)),
        )


def trust_list(issuer: Key, *authorities: Authority, **more: Any) -> TrustList:
    return TrustList(
        **{
            "schema": "cqsc-trust-list/1",
            "region": "SC",
            "sequence": 7,
            "issued": rfc3339(NOW - timedelta(days=10)),
            "next_update": rfc3339(NOW + timedelta(days=10)),
            "signer": signer_of([issuer.card]),
            "accepts": (Algorithm.P256,),
            "authorities": authorities,
            **more,
        }
    )


def signed_list(issuer: Key, *authorities: Authority, **more: Any) -> Signed[TrustList]:
    listed = trust_list(issuer, *authorities, **more)
    data = sign_payload(TRUST_LIST_PAYLOAD, listed, listed.signer, [issuer])
    return open_list(data, "list.dsse.json")


def judged(folder: Path) -> Path:
    """Make a tiny finished run whose verdicts and report are those of judging it."""
    finished(folder)
    (folder / "statements/plan.dsse.json").unlink()
    bench = Bench(checks=registered(), tables={}, schemas={}, ixit={})
    with open_bundle(folder) as bundle:
        verdicts, report = report_of(bundle.plan, bundle.state, bundle.evidence_of, bench)
    (folder / "verdicts.json").write_bytes(verdicts)
    (folder / "report.json").write_bytes(encode_readable(report))
    return folder


def signed_bundle(folder: Path, lab: Lab, *, roles: bool = True) -> Path:
    """Make the tiny run, sealed and signed: plan, verdicts, and three people."""
    judged(folder)
    with open_bundle(folder) as bundle:
        plan = bundle.plan
    issue_plan(folder, plan, [lab.tester], BEFORE)
    seal(folder)
    issue_verdicts(folder, [lab.tester], AFTER)
    if roles:
        for number, (role, key) in enumerate(
            (
                (Role.COMPILER, lab.compiler),
                (Role.REVIEWER, lab.reviewer),
                (Role.AUTHORISER, lab.authoriser),
            )
        ):
            at = AFTER + timedelta(hours=1 + number)
            add_endorsement(folder, role, [key], at, judged_again)
    return folder.with_name(folder.name + ".cqsc.zip")


def changed(data: bytes, key: Key, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change a payload and sign it again, as its owner could."""
    payload = msgspec.json.decode(open_envelope(data, "x").payload)
    change(payload)
    return signed_again(msgspec.json.encode(payload), key)


def signed_again(payload: bytes, key: Key, payload_type: str = PAYLOAD_TYPE) -> bytes:
    signature = sign(key.private, pae(payload_type, payload))
    return encode_envelope(payload_type, payload, ((key.card.keyid, signature),))


def statements_of(archive: Path) -> dict[str, bytes]:
    with open_bundle(archive) as bundle:
        return dict(bundle.statements)


def with_statements(folder: Path, files: Mapping[str, bytes | None]) -> Path:
    """Put other statements into a folder, or take some out, and seal it as anybody can."""
    for name, data in files.items():
        path = folder / "statements" / name
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
    return seal(folder)


def certificate(key: Key) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(key.card.chain[0]))
