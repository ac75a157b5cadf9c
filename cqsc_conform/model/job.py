"""The order of a test (委托单): who asked, what was handed in, by which method."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.target import Maker


class Person(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person by role in the job."""

    name: str
    role: Literal["tester", "checker", "compiler", "reviewer", "authoriser"]


class Sample(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was handed in, and in which condition.

    ``identity`` is the laboratory's own mark on the sample, ``photographs`` their digests
    (``sha256:…``).  ``serial`` and ``version`` are held against what the subject proves itself to
    be.
    """

    description: str
    condition: str
    received: str | None = None
    identity: str | None = None
    serial: str | None = None
    version: str | None = None
    photographs: tuple[str, ...] = ()


class Equipment(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A piece of the laboratory's equipment, by its own number."""

    number: str
    name: str


class Laboratory(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The laboratory, and where the work was done."""

    name: str
    address: str
    place_of_activity: str | None = None
    contact: str | None = None


class Provider(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody outside the laboratory, and which results he contributed."""

    name: str
    work: str


class Job(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``job.yaml``; its digest enters the plan, and its content the bundle as ``job.json``.

    What is not given is shown as missing in the laboratory's report: ``external_providers`` and
    ``deviations`` may be given as empty lists, which says that there are none.
    """

    schema: Literal["cqsc-job/1"]
    number: str
    client: Maker
    laboratory: Laboratory
    sample: Sample
    method: str
    decision_rule: str
    people: tuple[Person, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    deviations: tuple[str, ...] | None = None
    report_number: str | None = None
    client_contact: str | None = None
    conditions: str | None = None
    sampling: str | None = None
    external_providers: tuple[Provider, ...] | None = None
