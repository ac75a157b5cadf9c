"""Whom a region trusts, for what and how long; and the log of what a laboratory issued.

A trust list travels in a DSSE envelope of its own payload type.  Times are RFC 3339 in UTC; keys
and certificates are Base64 of their DER; a ``keyid`` is the SHA-256 (hex) of a key's
SubjectPublicKeyInfo.
"""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.plan import Supersedes
from cqsc_conform.model.statement import Algorithm, Link, Role, Signer

TRUST_LIST_PAYLOAD = "application/vnd.cqsc-conform.trust-list+json"
"""The DSSE payload type of a trust list."""
TREE_HEAD_PAYLOAD = "application/vnd.cqsc-conform.tree-head+json"
"""The DSSE payload type of a log's tree head."""

Reason = Literal["key_compromise", "ceased", "superseded", "affiliation_changed", "scope_withdrawn"]
"""Why a key or certificate is revoked; ``key_compromise`` reaches back to all that no earlier
time stamp or log proves, the others only forward."""


class KeyCard(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The public half of a key file: whose key it is, and the certificates that say so."""

    schema: Literal["cqsc-key-card/1"]
    name: str
    algorithm: Algorithm
    keyid: str
    public_key: str
    lab: str | None = None
    chain: tuple[str, ...] = ()


class Validity(Struct, frozen=True, forbid_unknown_fields=True):
    """From when, inclusive, to when, exclusive."""

    not_before: str
    not_after: str


class Authority(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A certification authority whose laboratories are trusted within a scope.

    ``scope`` holds profile ids, or patterns that end in ``*``.  ``region`` is where it stands;
    another region's is cross-listed.
    """

    name: str
    region: str
    certificate: str
    scope: tuple[str, ...]
    validity: Validity


class TrustedKey(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A key trusted without a certificate: a laboratory's, a log's or a time-stamp authority's.

    ``certificate`` is given for time stamps: the root under which an authority's tokens verify.
    """

    name: str
    use: Literal["statement", "log", "time_stamp"]
    validity: Validity
    keyid: str
    public_key: str | None = None
    certificate: str | None = None
    algorithm: Algorithm | None = None
    scope: tuple[str, ...] = ()
    lab: str | None = None


class Revocation(Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is no longer trusted, from when on and why."""

    keyid: str
    at: str
    reason: Reason


class WithdrawnCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a check whose verdicts are no longer carried."""

    check: str
    version: int
    at: str
    reason: str


class TrustList(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a region trusts.

    Every statement needs a valid signature by one of ``accepts``, and one by each of
    ``requires``.  A field that a reader does not know is refused: it may take trust away.
    ``sequence`` only grows; after ``next_update`` the list is stale.
    ``next_keys`` are keyids that may sign the next list besides this one's.
    """

    schema: Literal["cqsc-trust-list/1"]
    region: str
    sequence: int
    issued: str
    next_update: str
    signer: Signer
    accepts: tuple[Algorithm, ...]
    requires: tuple[Algorithm, ...] = ()
    authorities: tuple[Authority, ...] = ()
    keys: tuple[TrustedKey, ...] = ()
    revoked: tuple[Revocation, ...] = ()
    withdrawn: tuple[WithdrawnCheck, ...] = ()
    next_keys: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()


class SeenList(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest trust list of a region that a machine has seen, so that no older one passes."""

    region: str
    sequence: int
    digest: str
    keyids: tuple[str, ...]
    next_keys: tuple[str, ...] = ()


class TrustState(Struct, frozen=True, forbid_unknown_fields=True):
    """What a machine remembers of trust lists."""

    schema: Literal["cqsc-trust-state/1"] = "cqsc-trust-state/1"
    lists: tuple[SeenList, ...] = ()


class LabFacts(Struct, frozen=True, omit_defaults=True):
    """What a laboratory's certificate says, and under which authority it was found."""

    lab: str
    subject: str
    keyid: str
    validity: Validity
    authority: str
    region: str
    scope: tuple[str, ...]


class TreeHead(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a log commits to at a moment: its size and RFC 6962 root (hex), signed by the log."""

    schema: Literal["cqsc-tree-head/1"]
    log: str
    size: int
    root: str
    at: str
    signer: Signer
    critical: tuple[str, ...] = ()


class LogEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An issued statement in the log; a leaf is the canonical JSON of this.

    ``sha256`` is that of the envelope file, ``number`` the laboratory's running number.
    """

    index: int
    number: str
    kind: str
    sha256: str
    at: str


class LogProof(Struct, frozen=True, forbid_unknown_fields=True):
    """That an entry stands in a log: its audit path to the root of a signed tree head.

    ``head`` is the envelope of the tree head, as text.
    """

    schema: Literal["cqsc-log-proof/1"]
    entry: LogEntry
    path: tuple[str, ...]
    head: str


class Consistency(Struct, frozen=True, forbid_unknown_fields=True):
    """That a log only grew between two tree heads."""

    schema: Literal["cqsc-log-consistency/1"]
    earlier: str
    head: str
    path: tuple[str, ...]


class SignedBy(Struct, frozen=True, omit_defaults=True):
    """Who stands behind a statement, as far as it could be proven.

    ``trusted`` tells whether a trust list was held against it, ``lab`` what it then said.
    ``proven_at`` is the earliest moment that a time stamp or a log proves, and ``proven_by``
    which of the two.
    """

    link: Link
    kind: str
    name: str
    keyids: tuple[str, ...]
    algorithms: tuple[Algorithm, ...]
    at: str
    trusted: bool
    role: Role | None = None
    lab: LabFacts | None = None
    proven_at: str | None = None
    proven_by: Literal["time_stamp", "log"] | None = None


class Verification(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What verifying a bundle showed; whatever failed was raised instead.

    ``replayed`` counts the verdicts that judging again confirmed, ``not_replayable`` names those
    that lean on removed evidence.  ``removed`` names redacted leaves by evidence id.
    """

    schema: Literal["cqsc-verification/1"]
    manifest_digest: str
    plan_digest: str
    statements: tuple[SignedBy, ...]
    roles: tuple[Role, ...]
    records: int
    replayed: int | None
    not_replayable: tuple[str, ...]
    removed: dict[str, tuple[str, ...]]
    trust_list: SeenList | None = None
    withdrawn: tuple[str, ...] = ()
    at: str = ""
    supersedes: Supersedes | None = None
