"""An adoption: the file by which a region adopts profile versions, with its deviations.

``profiles/regions/<REGION>.yaml`` is written by people.  What follows from it on a given day, for
one profile, is an :class:`Effective` profile: frozen, and all that planning, judging and
recognising read of a region.
"""

from typing import Literal

from msgspec import Struct, field

from cqsc_conform.model.evidence import Vantage
from cqsc_conform.model.outcome import Modal
from cqsc_conform.model.profile import Ixit, Param, Profile, Question, Requirement, Source
from cqsc_conform.model.target import Binding
from cqsc_conform.model.text import Text

Change = Literal["stricter", "looser", "neutral"]
"""What a deviation does to whoever has to meet it, as its author says.

Modal and level say it by themselves, and are held to it: 宜 made 应 and level 2 made 1 are
stricter.  ``neutral`` is neither: another clause number, another table, other evidence.
"""

EvidenceClass = Literal["tested", "captured", "attested"]
"""How something came to be known: seen by the kit on the live target, read from a recording
that somebody else made, or said by a named human."""

Part = Literal["with", "tables", "schemas", "modal", "level", "text", "accepts", "clause", "added"]
"""What of a requirement a region changes."""


class Acceptance(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which evidence a region takes over from another one; None leaves it to the wider scope.

    Scopes, widest first: the adoption, one adopted profile, one deviation.  ``classes``,
    ``vantages`` and ``bindings`` list what is taken, all else is tested again.  ``age_days`` is
    the most days between the end of the run and the day of recognition.  ``bindings`` are the
    ways to prove the subject (the lesser of those at start and end counts).
    """

    classes: tuple[EvidenceClass, ...] | None = None
    vantages: tuple[Vantage, ...] | None = None
    age_days: int | None = None
    bindings: tuple[Binding, ...] | None = None

    def within(self, wider: "Acceptance") -> "Acceptance":
        """Fill what this scope leaves open from a wider one."""
        return Acceptance(
            classes=wider.classes if self.classes is None else self.classes,
            vantages=wider.vantages if self.vantages is None else self.vantages,
            age_days=wider.age_days if self.age_days is None else self.age_days,
            bindings=wider.bindings if self.bindings is None else self.bindings,
        )


class LocalClause(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The region's own document on the same subject (DB50/T …, DB51/T …).

    Whether it says the same is known only where ``source.text_read`` says that it was read.

    Documents numbered from 10001 on are drafted and published by both regions at once: ``pair``
    is the other region's half and is required there.  A local clause is always of kind S.
    """

    source: Source
    pair: str | None = None


class Deviation(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a region departs from one requirement of the profile.

    ``source`` is where the deviation comes from: a published text (kind S), or a proposal of
    this kit (kind K), which is never written as a clause.  ``with`` and ``tables`` replace the
    parameters and tables that they name of the requirement's check, and no others.  ``text``
    replaces the sentence where it no longer says what is checked.  In force from the day
    ``from`` on and before the day ``until`` (RFC 3339 full-date); without them always.
    """

    requirement: str
    change: Change
    source: Source
    why: Text
    with_: dict[str, Param] = field(name="with", default_factory=dict)
    tables: dict[str, str] = {}
    schemas: dict[str, str] = {}
    modal: Modal | None = None
    level: int | None = None
    text: Text | None = None
    accepts: Acceptance | None = None
    from_: str | None = field(name="from", default=None)
    until: str | None = None


class Added(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A requirement of the region's own, whole, under an id of its own (``CQ-DI-CATALOG-A01``).

    Its probes are those of the profile and of the probe files that the adoption ``uses``.
    """

    requirement: Requirement
    why: Text
    from_: str | None = field(name="from", default=None)
    until: str | None = None


class Dropped(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A requirement of the profile that the region does not adopt, and why."""

    requirement: str
    source: Source
    why: Text
    from_: str | None = field(name="from", default=None)
    until: str | None = None


class Edition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The version of a profile that holds from a day on, until the next edition's."""

    version: str
    from_: str = field(name="from")


class AdoptedProfile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One profile as a region adopts it; requirements it does not name are adopted as they are."""

    editions: tuple[Edition, ...]
    uses: tuple[str, ...] = ()
    ics: dict[str, Question] = {}
    ixit: dict[str, Ixit] = {}
    deviations: tuple[Deviation, ...] = ()
    added: tuple[Added, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    clauses: dict[str, LocalClause] = {}
    accepts: Acceptance = Acceptance()


class Adoption(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``profiles/regions/<REGION>.yaml``.

    ``code`` is the region's division code of two digits (GB/T 2260), as in the numbers of its
    local standards: DB50/T for 50.
    """

    region: str
    code: str
    version: str
    name: Text
    about: Text
    adopts: dict[str, AdoptedProfile]
    accepts: Acceptance = Acceptance()


class Departure(Struct, frozen=True, omit_defaults=True):
    """What a region changed of one requirement, on the day that was asked about.

    ``parts`` says what differs; ``was`` holds the profile's own value of each changed parameter,
    table, schema, modal and level, by name (``with.hours``, ``modal``), ``now`` the region's.
    """

    parts: tuple[Part, ...]
    change: Change
    source: Source
    why: Text
    was: dict[str, Param] = {}
    now: dict[str, Param] = {}


class Adopted(Struct, frozen=True):
    """By which edition of which adoption something is planned.

    ``since`` is the last day up to the day asked about on which anything of this adoption of
    this profile changed, so that plans made under the same rules are the same on every day.
    ``digest`` is over the adoption as parsed.
    """

    region: str
    name: Text
    version: str
    since: str
    digest: str


class Effective(Struct, frozen=True, omit_defaults=True):
    """A profile as a region adopts it on a day: deviations made, added in, dropped out.

    ``departures``, ``clauses`` and ``accepts`` are by requirement id; ``accepts`` has an entry
    for every requirement, all scopes merged.  Semantic digests are those of ``profile``'s
    requirements: one that a region leaves as it is has the digest that the profile gives it.
    """

    adopted: Adopted
    profile: Profile
    departures: dict[str, Departure] = {}
    clauses: dict[str, LocalClause] = {}
    dropped: tuple[Dropped, ...] = ()
    accepts: dict[str, Acceptance] = {}
