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

    ``serial`` and ``version`` are held against what the subject proves itself to be.
    """

    description: str
    condition: str
    received: str | None = None
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


class Job(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``job.yaml``; its digest enters the plan."""

    schema: Literal["cqsc-job/1"]
    number: str
    client: Maker
    laboratory: Laboratory
    sample: Sample
    method: str
    decision_rule: str
    people: tuple[Person, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    deviations: tuple[str, ...] = ()
