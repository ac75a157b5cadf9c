"""The record of a software confirmation (软件确认记录): what the kit did on one machine."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.outcome import Conclusion
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.text import Text


class DemoResult(Struct, frozen=True):
    """What the demo came to: the references, all of which conform."""

    conclusion: Conclusion
    judged: int
    total: int
    passed: int
    requests: int


class KillResult(Struct, frozen=True):
    """What the kill matrix of a profile came to.

    ``run_here`` counts the mutants that were run on this machine; the other rows are those that
    the kit brings along, all that they depend on being unchanged.  ``faults`` names survivors,
    requirements without mutant, undeclared changes, twins and what the reference fails.
    """

    profile: str
    version: str
    requirements: int
    mutants: int
    killed: int
    run_here: int
    faults: tuple[str, ...]
    matrix: str


class Digests(Struct, frozen=True):
    """SHA-256 over what judged: the profile library, the kit's own files, the installed wheel.

    ``wheel`` is over the ``RECORD`` of the installation, null where the kit runs from a checkout.
    """

    library: str
    package: str
    wheel: str | None


class Machine(Struct, frozen=True, omit_defaults=True):
    """The machine; ``host`` and ``user`` only where they were asked for."""

    system: str
    release: str
    architecture: str
    cpu: str
    cpus: int
    time_zone: str
    utc_offset_minutes: int
    clock: str
    clock_resolution_seconds: float
    host: str | None = None
    user: str | None = None


class Qualification(Struct, frozen=True, kw_only=True):
    """``qualification.json``.

    ``qualified`` iff the demo conforms and every matrix is whole.  ``everything`` says that every
    mutant was run here.  ``libraries`` are the versions installed, null where one is not.
    """

    schema: Literal["cqsc-qualification/1"]
    at: str
    kit: Kit
    qualified: bool
    everything: bool
    demo: DemoResult
    kill: tuple[KillResult, ...]
    python: str
    openssl: str
    libraries: dict[str, str | None]
    digests: Digests
    machine: Machine
    disclaimer: Text
