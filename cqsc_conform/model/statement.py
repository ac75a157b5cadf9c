"""Signed statements: DSSE envelopes that hold in-toto Statements with predicates of our own.

Statements chain by ``follows``: plan → verdicts → endorsements → declaration → recognition.  A
link holds the SHA-256 of the former's envelope file, signatures included, so that
``sha256sum statements/plan.dsse.json`` shows it.  Times are RFC 3339 in UTC, digests of files
``sha256`` in lower-case hex, digests of JSON values ``sha256:<hex>`` over RFC 8785.

A reader ignores fields that it does not know, save those that ``critical`` names.
"""

from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct, field

from cqsc_conform.model.outcome import Conclusion
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.target import Subject
from cqsc_conform.model.text import Scalar

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
"""The DSSE payload type of an in-toto Statement."""
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PLAN_TYPE: Final = "https://cqsc-conform.example/statement/plan/v1"
VERDICTS_TYPE: Final = "https://cqsc-conform.example/statement/verdicts/v1"
ENDORSEMENT_TYPE: Final = "https://cqsc-conform.example/statement/endorsement/v1"
DECLARATION_TYPE: Final = "https://cqsc-conform.example/statement/declaration/v1"
RECOGNITION_TYPE: Final = "https://cqsc-conform.example/statement/recognition/v1"
TEST_RESULT_TYPE: Final = "https://in-toto.io/attestation/test-result/v0.1"


class Algorithm(StrEnum):
    """A way to sign; SM2 takes the user ID 1234567812345678."""

    P256 = "ecdsa-p256-sha256"
    SM2 = "sm2-sm3"
    ED25519 = "ed25519"


class Role(StrEnum):
    """In what capacity somebody endorses, in the order in which they sign."""

    CHECKER = "checker"
    COMPILER = "compiler"
    REVIEWER = "reviewer"
    AUTHORISER = "authoriser"

    @property
    def rank(self) -> int:
        """Order roles as they sign."""
        return tuple(Role).index(self)


class EnvelopeSignature(Struct, frozen=True, forbid_unknown_fields=True):
    """A signature over the envelope's PAE: ``sig`` in standard Base64, DER for ECDSA and SM2.

    ``keyid`` is the SHA-256 (hex) of the key's SubjectPublicKeyInfo.
    """

    keyid: str
    sig: str


class Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    """A DSSE envelope (DSSE 1.0): ``payload`` in standard Base64."""

    payload: str
    payload_type: str = field(name="payloadType")
    signatures: tuple[EnvelopeSignature, ...] = ()


class SignerKey(Struct, frozen=True, omit_defaults=True):
    """A key that signs: SubjectPublicKeyInfo and certificates in Base64 of their DER.

    ``chain`` is the leaf's certificate first, then each one's issuer, without the root; empty
    for a raw key.
    """

    keyid: str
    algorithm: Algorithm
    public_key: str
    chain: tuple[str, ...] = ()


class Signer(Struct, frozen=True, omit_defaults=True):
    """Who signs, with exactly the keys that sign: none missing, none more.

    ``lab`` is the laboratory's URN, ``urn:lab:…``, as its certificate says.
    """

    name: str
    keys: tuple[SignerKey, ...]
    lab: str | None = None


class ResourceDigest(Struct, frozen=True):
    """The digest of an artefact as in-toto writes it."""

    sha256: str


class Resource(Struct, frozen=True):
    """An artefact that a statement is about: a file of the bundle, by name and SHA-256."""

    name: str
    digest: ResourceDigest


class Link(Struct, frozen=True):
    """An earlier statement: its file below ``statements/`` and the SHA-256 of its bytes."""

    name: str
    sha256: str


class ProfileClaim(Struct, frozen=True, omit_defaults=True):
    """A profile of the plan: version, digest, level; once judged, what it came to."""

    region: str | None
    id: str
    version: str
    digest: str
    level: int
    conclusion: Conclusion | None = None
    judged: int | None = None
    total: int | None = None


class PlanPredicate(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was going to be tested, said before the first packet; subject: ``plan.json``.

    ``number`` is the laboratory's running number, ``run`` the id of the run that may begin.
    ``retest_of`` is what is tested again, ``attempt`` its number in the chain of retests.
    """

    signer: Signer
    at: str
    kit: Kit
    plan_digest: str
    target_digest: str
    target: Subject
    profiles: tuple[ProfileClaim, ...]
    level: int
    repeat: int
    seed: int
    include_draft: bool
    consent: tuple[str, ...] = ()
    number: str | None = None
    job_digest: str | None = None
    retest_of: str | None = None
    attempt: int | None = None
    critical: tuple[str, ...] = ()


class VerdictsPredicate(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What judging came to; subjects: ``manifest.json`` and ``verdicts.json``.

    ``follows`` is the plan statement.  ``attempts`` counts the attempts of all probes, so that
    a retry shows.
    """

    signer: Signer
    at: str
    follows: tuple[Link, ...]
    kit: Kit
    plan_digest: str
    run: str
    started: str
    ended: str
    how: Literal["complete", "cancelled", "failed"]
    attempts: int
    resumed: int
    requests: int
    journal_head: str
    evidence_root: str
    complete: bool
    conclusion: Conclusion
    profiles: tuple[ProfileClaim, ...]
    critical: tuple[str, ...] = ()


class EndorsementPredicate(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A person stands for the verdicts in a role; subjects as those of the verdicts.

    ``follows`` is the verdict statement, then the endorsements of earlier roles.
    """

    signer: Signer
    at: str
    follows: tuple[Link, ...]
    role: Role
    remark: str | None = None
    critical: tuple[str, ...] = ()


class DeclarationPredicate(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The conformity statement (符合性测试声明); subjects as those of the verdicts.

    ``follows`` is the verdict statement, then all endorsements.  ``amends`` or ``recalls`` is an
    earlier declaration by its link.
    """

    signer: Signer
    at: str
    follows: tuple[Link, ...]
    number: str
    target: Subject
    target_digest: str
    conclusion: Conclusion
    profiles: tuple[ProfileClaim, ...]
    started: str
    ended: str
    job_digest: str | None = None
    amends: Link | None = None
    recalls: Link | None = None
    reason: str | None = None
    critical: tuple[str, ...] = ()


class RecognitionPredicate(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A region's decision on another's bundle; subjects: ``recognition.json``, the manifests.

    ``follows`` is the declaration, or the verdict statement where none was made, of each
    bundle.  ``counts`` is how many requirements were decided which way.
    """

    signer: Signer
    at: str
    follows: tuple[Link, ...]
    number: str
    region: str
    kit: Kit
    adoption_digest: str
    trust_list_digest: str
    trust_list_sequence: int
    conclusion: Literal["recognised", "recognised_after_tests", "not_recognised"]
    counts: dict[str, int]
    residual_digest: str | None = None
    critical: tuple[str, ...] = ()


class ResultConfiguration(Struct, frozen=True):
    """What a test was configured by, for the in-toto ``test-result`` predicate."""

    name: str
    digest: ResourceDigest
    annotations: dict[str, Scalar] = {}


class ResultPredicate(Struct, frozen=True, rename="camel", kw_only=True):
    """The in-toto ``test-result`` predicate, version 0.1."""

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[ResultConfiguration, ...]
    passed_tests: tuple[str, ...]
    warned_tests: tuple[str, ...]
    failed_tests: tuple[str, ...]


class PlanStatement(Struct, frozen=True, tag=PLAN_TYPE, tag_field="predicateType"):
    """The statement of a plan."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: PlanPredicate


class VerdictsStatement(Struct, frozen=True, tag=VERDICTS_TYPE, tag_field="predicateType"):
    """The statement of verdicts."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: VerdictsPredicate


class EndorsementStatement(Struct, frozen=True, tag=ENDORSEMENT_TYPE, tag_field="predicateType"):
    """The statement of one who endorses."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: EndorsementPredicate


class DeclarationStatement(Struct, frozen=True, tag=DECLARATION_TYPE, tag_field="predicateType"):
    """The statement of a declaration."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: DeclarationPredicate


class RecognitionStatement(Struct, frozen=True, tag=RECOGNITION_TYPE, tag_field="predicateType"):
    """The statement of a recognition."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: RecognitionPredicate


class ResultStatement(Struct, frozen=True, tag=TEST_RESULT_TYPE, tag_field="predicateType"):
    """The in-toto ``test-result`` statement, exported for other tools; it is not in the chain."""

    type: Literal["https://in-toto.io/Statement/v1"] = field(name="_type")
    subject: tuple[Resource, ...]
    predicate: ResultPredicate


Predicate = (
    PlanPredicate
    | VerdictsPredicate
    | EndorsementPredicate
    | DeclarationPredicate
    | RecognitionPredicate
)
Statement = (
    PlanStatement
    | VerdictsStatement
    | EndorsementStatement
    | DeclarationStatement
    | RecognitionStatement
)
