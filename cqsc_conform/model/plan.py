"""A plan: what will be asked, what will be judged, frozen before the first packet."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.adoption import Adopted, Departure, Dropped, LocalClause
from cqsc_conform.model.evidence import MediaType
from cqsc_conform.model.operation import Operation, OutcomeMap
from cqsc_conform.model.outcome import Effect, HoldsFor, Modal, Status
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import Applies, CheckUse, Controls, Source
from cqsc_conform.model.target import Limits, Subject
from cqsc_conform.model.text import Scalar, Text

Disposition = Literal["run", "not_applicable", "untested", "skipped", "lacking"]


class Kit(Struct, frozen=True):
    """Which build of the kit planned or judged."""

    name: str
    version: str


class ReachedTarget(Struct, frozen=True, omit_defaults=True):
    """What of the target file a judge needs: no secret, no credential.

    ``digest`` is over the whole target file as parsed, secrets being references there.
    """

    digest: str
    subject: Subject
    data_class: str
    network_zone: str
    endpoints: dict[str, str]
    operations: dict[str, Operation]
    outcome: OutcomeMap
    charset: str
    timezone: str | None
    identities: dict[str, str]
    ics: dict[str, bool]
    ixit: dict[str, Scalar]
    limits: Limits
    time_scale: float = 1.0
    documents: dict[str, MediaType] = {}


class PlannedProbe(Struct, frozen=True, omit_defaults=True):
    """A probe as it will be performed, and the most that it may send."""

    probe: Probe
    digest: str
    max_requests: int
    consent: bool = True


class Item(Struct, frozen=True, omit_defaults=True):
    """A requirement as it will be judged.

    ``disposition`` other than ``run`` is settled already; ``because`` says by what.  ``lacking``
    means that the target offers no way to look: an operation or an identity is missing.
    ``departure`` says what the region changed of the requirement, ``clause`` which document of
    its own says the same.
    """

    region: str | None
    profile: str
    id: str
    modal: Modal
    level: int
    status: Status
    holds_for: HoldsFor
    title: Text
    text: Text
    hint: Text
    source: Source
    digest: str
    on: Literal["wire", "mapped"]
    disposition: Disposition
    because: dict[str, Scalar] = {}
    untested: Text | None = None
    check: CheckUse | None = None
    check_version: int | None = None
    controls: Controls = Controls()
    applies: tuple[Applies, ...] = ()
    departure: Departure | None = None
    clause: LocalClause | None = None


class PlannedProfile(Struct, frozen=True, omit_defaults=True):
    """A profile in the plan: its version, digest, claimed level, and how many are selected.

    ``adopted`` names the adoption by which a region holds it, ``dropped`` what that leaves out.
    """

    region: str | None
    id: str
    version: str
    digest: str
    level: int
    title: Text
    effective: int
    selected: int
    adopted: Adopted | None = None
    dropped: tuple[Dropped, ...] = ()


class Material(Struct, frozen=True):
    """A table or schema that judging reads: its name in the bundle and its digest."""

    kind: Literal["table", "schema"]
    name: str
    digest: str


class Supersedes(Struct, frozen=True):
    """The run that a retest supersedes: its id and the digest of its bundle's manifest.

    ``attempt`` counts the runs of the whole chain of retests, this one too, from 2.
    """

    run: str
    manifest: str
    attempt: int


class Surveillance(Struct, frozen=True):
    """A public seed, and the share of each profile's requirements that it chooses (0 to 1]."""

    seed: str
    share: float


class Plan(Struct, frozen=True, omit_defaults=True):
    """``plan.json``: all that judging needs besides evidence, itself or by digest.

    ``vantage`` is from where the probes see devices that ask for a peer: as their server, or
    as a subscriber of the endpoint ``broker``.  ``ordered`` are the serial number and the
    version by which the job names its sample.
    """

    schema: Literal["cqsc-plan/1"]
    kit: Kit
    target: ReachedTarget
    profiles: tuple[PlannedProfile, ...]
    items: tuple[Item, ...]
    probes: tuple[PlannedProbe, ...]
    materials: tuple[Material, ...]
    seed: int
    level: int
    repeat: int
    consent: tuple[Effect, ...]
    include_draft: bool
    max_requests: int
    job_digest: str | None = None
    retest_of: str | None = None
    vantage: Literal["peer", "observer"] = "peer"
    supersedes: Supersedes | None = None
    surveillance: Surveillance | None = None
    ordered: tuple[str, ...] = ()
