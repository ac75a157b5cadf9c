"""The files that a standards writer edits, as they are written.

Probes stand under their ids, nodes as ``{verb: {…}}``; the library turns them into the model.
"""

from msgspec import Struct

from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import Effect, Status
from cqsc_conform.model.probe import Node
from cqsc_conform.model.profile import Ixit, Question, Requirement
from cqsc_conform.model.text import Text

__all__ = ["ProbeBody", "ProbesFile", "ProfileFile"]


class ProbeBody(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A probe under its id.

    ``draws`` lists the probes whose evidence this one reads; they are performed first.
    """

    title: Text
    steps: tuple[Node, ...]
    effect: Effect = Effect.SAFE
    draws: tuple[str, ...] = ()


class ProbesFile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Operations and probes that profiles share (``profiles/probes/<name>.yaml``).

    ``uses`` names the probe files whose operations and probes these ones lean on.
    """

    uses: tuple[str, ...] = ()
    operations: dict[str, Operation] = {}
    probes: dict[str, ProbeBody] = {}


class ProfileFile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A profile as written (``profiles/<family>/<id>.yaml``).

    ``profile`` is its id.  ``uses`` names probe files, ``include`` profiles whose requirements
    are part of this one.
    """

    profile: str
    version: str
    family: str
    title: Text
    about: Text
    requirements: tuple[Requirement, ...]
    status: Status = Status.ACTIVE
    uses: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    ics: dict[str, Question] = {}
    ixit: dict[str, Ixit] = {}
    operations: dict[str, Operation] = {}
    probes: dict[str, ProbeBody] = {}
    request_budget: int = 1000
