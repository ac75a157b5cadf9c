"""Ways to be wrong in just one respect, one file an area."""

from cqsc_conform.reference.mutants import catalog, transport

__all__ = ["MUTANTS", "AnyMutant"]

AnyMutant = catalog.Mutant | transport.Mutant
"""A mutant of any reference: its id, what it kills, what it says of itself."""

MUTANTS: tuple[AnyMutant, ...] = (*catalog.MUTANTS, *transport.MUTANTS)
