"""The append-only record of a run: every attempt, as it happens.

Each line is one entry in JSON; ``prev`` is the SHA-256 of the line before (without its newline),
so that an edited or reordered journal shows.  No footer, no report.
"""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.plan import Kit
from cqsc_conform.model.text import Args, Scalar


class Header(Struct, frozen=True, tag="header", tag_field="type", omit_defaults=True):
    """The first entry."""

    schema: Literal["cqsc-journal/1"]
    run: str
    kit: Kit
    plan_digest: str
    at: str
    prev: str = ""


class SubjectSeen(Struct, frozen=True, tag="subject", tag_field="type", omit_defaults=True):
    """What proved the subject at that moment (``start``, ``resume``, ``end``)."""

    when: Literal["start", "resume", "end"]
    by: str
    value: str | None
    at: str
    prev: str = ""


class ProbeStarted(Struct, frozen=True, tag="probe_started", tag_field="type", omit_defaults=True):
    """A probe begins; ``attempt`` counts from 1 and grows when a run is resumed."""

    probe: str
    repeat: int
    attempt: int
    at: str
    prev: str = ""


class Intent(Struct, frozen=True, tag="intent", tag_field="type", omit_defaults=True):
    """A request that may change the target is about to leave; it will not be sent twice."""

    id: str
    repeat: int
    at: str
    prev: str = ""


class Kept(Struct, frozen=True, tag="kept", tag_field="type", omit_defaults=True):
    """Evidence was written: which, where in the segments, under which commitment.

    ``stream`` names the stream file of a trace, which was written before.
    """

    id: str
    repeat: int
    segment: int
    offset: int
    length: int
    commitment: str
    stream: str | None = None
    prev: str = ""


class Expanded(Struct, frozen=True, tag="expanded", tag_field="type", omit_defaults=True):
    """What a probe found to expand over: how many were found, how many are taken."""

    probe: str
    node: str
    repeat: int
    found: int
    taken: int
    at: str
    prev: str = ""


class Drawn(Struct, frozen=True, tag="drawn", tag_field="type", omit_defaults=True):
    """A value was picked from evidence, or drawn at random, for a probe to use."""

    probe: str
    name: str
    repeat: int
    values: dict[str, Scalar]
    prev: str = ""


class ProbeFinished(
    Struct, frozen=True, tag="probe_finished", tag_field="type", omit_defaults=True
):
    """A probe came to its end; ``requests`` is how many left in this attempt."""

    probe: str
    repeat: int
    attempt: int
    requests: int
    at: str
    prev: str = ""


class Resumed(Struct, frozen=True, tag="resumed", tag_field="type", omit_defaults=True):
    """The run goes on after a break; ``lost`` counts torn bytes that were dropped."""

    at: str
    gap_seconds: float
    lost: int
    prev: str = ""


class Note(Struct, frozen=True, tag="note", tag_field="type", omit_defaults=True):
    """Something a reader of the journal should know."""

    code: str
    at: str
    args: Args = {}
    prev: str = ""


class Footer(Struct, frozen=True, tag="footer", tag_field="type", omit_defaults=True):
    """The last entry: how the run ended."""

    ended: Literal["complete", "cancelled", "failed"]
    at: str
    evidence: int
    requests: int
    evidence_root: str
    prev: str = ""


Entry = (
    Header
    | SubjectSeen
    | ProbeStarted
    | Intent
    | Kept
    | Expanded
    | Drawn
    | ProbeFinished
    | Resumed
    | Note
    | Footer
)
