"""Ways to be wrong in just one respect, one file an area."""

from cqsc_conform.reference.mutants import catalog, telemetry

AREAS: dict[str, tuple[catalog.Mutant | telemetry.DeviceMutant, ...]] = {
    "api": catalog.MUTANTS,
    "device": telemetry.MUTANTS,
}
"""The mutants by the reference that they are mutants of."""

MUTANTS: tuple[catalog.Mutant | telemetry.DeviceMutant, ...] = (
    *catalog.MUTANTS,
    *telemetry.MUTANTS,
)

__all__ = ["AREAS", "MUTANTS"]
