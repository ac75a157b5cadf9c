"""A profile: a versioned set of requirements for one class of target."""

from typing import Literal

from msgspec import Struct, field

from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import HoldsFor, Modal, Status
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.text import Scalar, Text

TextRead = Literal["yes", "quoted", "no"]
Param = Scalar | tuple[Scalar, ...] | dict[str, Scalar]


class Source(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a requirement comes from.

    ``kind`` S is a standard, K a rule of this kit, which is never written as a clause.
    ``text_read`` says whether the text itself was read; ``quoted`` names in ``quoted_from`` the
    independent sources, and in ``vectors`` the recomputed vector it rests on.
    """

    kind: Literal["S", "K"]
    number: str
    clause: str
    text_read: TextRead = "no"
    quoted_from: tuple[str, ...] = ()
    vectors: str | None = None


class CheckUse(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A check, the evidence its roles read (``role: probe/step``) and its parameters."""

    check: str
    evidence: dict[str, str]
    with_: dict[str, Param] = field(name="with", default_factory=dict)
    tables: dict[str, str] = {}
    schemas: dict[str, str] = {}


class Controls(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What must hold around a stimulus before anything is concluded from it."""

    before: CheckUse | None = None
    after: CheckUse | None = None


class Applies(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one ICS answer."""

    ics: str
    is_: bool = field(name="is", default=True)


class Requirement(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One normative sentence, and how it is checked or why it is not.

    Exactly one of ``check`` and ``untested`` is given.  ``on`` says whether replies are read as
    they are on the wire or under the target's outcome mapping.
    """

    id: str
    modal: Modal
    level: int
    holds_for: HoldsFor
    title: Text
    text: Text
    source: Source
    hint: Text
    status: Status = Status.ACTIVE
    supports: tuple[Source, ...] = ()
    applies: tuple[Applies, ...] = ()
    on: Literal["wire", "mapped"] = "mapped"
    check: CheckUse | None = None
    controls: Controls = Controls()
    untested: Text | None = None


class Question(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An ICS question; where the vendor does not answer, ``default`` holds."""

    ask: Text
    default: bool = True


class Ixit(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value that a tester needs; where the target file gives none, ``default`` holds."""

    ask: Text
    default: str | None = None


class Profile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A profile as it is judged by: includes resolved, probes and operations drawn in."""

    id: str
    version: str
    family: str
    title: Text
    about: Text
    requirements: tuple[Requirement, ...]
    status: Status = Status.ACTIVE
    operations: dict[str, Operation] = {}
    probes: dict[str, Probe] = {}
    ics: dict[str, Question] = {}
    ixit: dict[str, Ixit] = {}
    request_budget: int = 1000
