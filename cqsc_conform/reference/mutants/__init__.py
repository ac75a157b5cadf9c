"""Ways to be wrong in just one respect, one file an area."""

from cqsc_conform.reference.mutants import (
    catalog,
    core,
    events,
    exchange,
    gateway,
    telemetry,
    transport,
)

AnyMutant = (
    catalog.Mutant
    | core.CoreMutant
    | events.EventsMutant
    | exchange.Mutant
    | gateway.Mutant
    | telemetry.DeviceMutant
    | transport.Mutant
)
"""A mutant of any reference: its id, what it kills, what it says of itself."""

AREAS: dict[str, tuple[AnyMutant, ...]] = {
    "api": catalog.MUTANTS,
    "core": core.MUTANTS,
    "exchange": exchange.MUTANTS,
    "device": telemetry.MUTANTS,
    "events": events.MUTANTS,
    "gateway": gateway.MUTANTS,
    "tls": transport.MUTANTS,
}
"""The mutants by the reference that they are mutants of."""

MUTANTS: tuple[AnyMutant, ...] = tuple(each for area in AREAS.values() for each in area)

__all__ = ["AREAS", "MUTANTS", "AnyMutant"]
