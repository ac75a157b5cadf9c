"""Ways to be wrong in just one respect, one file an area."""

from cqsc_conform.reference.mutants.catalog import MUTANTS

__all__ = ["MUTANTS"]
