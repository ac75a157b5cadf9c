"""Checks of region codes against the dated table of GB/T 2260."""

from datetime import date
from typing import Any

from cqsc_conform.checks.entries import (
    GOOD,
    Said,
    Seen,
    detailed,
    empty,
    label,
    listed,
    over,
    show,
    trouble,
)
from cqsc_conform.checks.moments import read_when
from cqsc_conform.checks.registry import Replies, Table, check
from cqsc_conform.formats.reading import as_text
from cqsc_conform.formats.regions import RegionTable, read_regions
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict


@check("catalog.region_valid", version=1)
def region_valid(pages: Replies, details: Replies, *, regions: Table) -> Verdict:
    """Demand that the region code stood in GB/T 2260 on the day of publication.

    An entry whose day of publication cannot be read is left to the check of times.  Where the
    table cannot know, the verdict is inconclusive, never a guess.
    """
    table = regions.read(read_regions)
    whole = {reply.id for reply in details}
    found = [*listed(pages), *detailed(details)]
    told = {label(seen.item) for seen in found if not empty(seen.item.element("region"))}

    def rule(seen: Seen) -> Said | None:
        value, entry = seen.item.element("region"), label(seen.item)
        if empty(value):
            lacks = seen.reply.id in whole and entry not in told
            return trouble("catalog.region_missing", entry=entry) if lacks else None
        if isinstance(value, bool | float | list | dict):
            return trouble("catalog.not_text", entry=entry, element="region", value=show(value))
        when = read_when(seen.item.element("published"), seen.reply)
        if isinstance(when, str):
            return None
        return _stood(table, as_text(value), when.day, entry)

    return over(
        found, rule, "catalog.regions_valid", "catalog.no_region", looked=(*pages[:1], *details)
    )


def _stood(table: RegionTable, code: str, on: date, entry: str) -> Said:
    said: dict[str, Any] = {
        "entry": entry,
        "value": show(code),
        "on": on.isoformat(),
        "edition": table.edition,
    }
    answer = table.valid_on(code, on)
    if answer is None:
        return trouble("catalog.region_unsettled", Outcome.INCONCLUSIVE, **said)
    if not answer:
        return trouble("catalog.region_invalid", **said)
    region = table.region(code, on)
    if region is not None and region.level == "summary":
        return trouble("catalog.region_summary", **said, name=region.name_zh)
    return GOOD
