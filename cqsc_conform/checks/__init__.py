"""Judgement: pure functions from evidence and parameters to verdicts, one file an area."""

from cqsc_conform.checks import (
    agreement,
    backfill,
    catalog,
    freshness,
    gateway,
    paging,
    personal,
    quantities,
    regions,
    reply,
    responsibility,
    search,
    telemetry,
    telemetry_states,
    telemetry_time,
    transport,
)
from cqsc_conform.checks.registry import registered

__all__ = [
    "agreement",
    "backfill",
    "catalog",
    "freshness",
    "gateway",
    "paging",
    "personal",
    "quantities",
    "regions",
    "registered",
    "reply",
    "responsibility",
    "search",
    "telemetry",
    "telemetry_states",
    "telemetry_time",
    "transport",
]
