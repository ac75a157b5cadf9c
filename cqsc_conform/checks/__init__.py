"""Judgement: pure functions from evidence and parameters to verdicts, one file an area."""

from cqsc_conform.checks import (
    agreement,
    catalog,
    freshness,
    paging,
    regions,
    reply,
    responsibility,
    search,
    transport,
)
from cqsc_conform.checks.registry import registered

__all__ = [
    "agreement",
    "catalog",
    "freshness",
    "paging",
    "regions",
    "registered",
    "reply",
    "responsibility",
    "search",
    "transport",
]
