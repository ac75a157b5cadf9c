"""Several regions in one plan: what is tested once, per deployment, in one region only."""

from collections.abc import Iterable

from msgspec import Struct

from cqsc_conform.model.outcome import HoldsFor
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.reports.regions import clause_words, departure_words, deviation_source
from cqsc_conform.reports.sheet import Sheet


class Split(Struct, frozen=True):
    """A plan's requirements by how much of the testing the regions share.

    ``once`` and ``deployment`` hold requirements of equal digest in every region, ``each`` those
    whose rules differ; all three name a requirement by one of its items.  ``only`` are items
    that not every region has.
    """

    once: tuple[Item, ...]
    deployment: tuple[Item, ...]
    each: tuple[tuple[Item, ...], ...]
    only: tuple[Item, ...]


def split(plan: Plan) -> Split:
    """Sort a plan's active part by region; drafts and what nobody tests stand outside."""
    regions = {each.region for each in plan.profiles}
    held: dict[tuple[str, str], list[Item]] = {}
    for item in plan.items:
        if item.disposition != "untested":
            held.setdefault((item.profile, item.id), []).append(item)
    once: list[Item] = []
    deployment: list[Item] = []
    each: list[tuple[Item, ...]] = []
    only: list[Item] = []
    for items in held.values():
        if {item.region for item in items} != regions:
            only += items
        elif len({item.digest for item in items}) > 1:
            each.append(tuple(items))
        elif items[0].holds_for is HoldsFor.TYPE:
            once.append(items[0])
        else:
            deployment.append(items[0])
    return Split(tuple(once), tuple(deployment), tuple(each), tuple(only))


def put_regions(sheet: Sheet, plan: Plan) -> None:
    """Tell how regions share a plan; nothing where there are not several."""
    regions = tuple(dict.fromkeys(each.region for each in plan.profiles))
    if len(regions) < 2 or None in regions:  # noqa: PLR2004 - one region shares with nobody
        return
    found = split(plan)
    sheet.heading(sheet.say("regions"))
    shared = _shared_probes(plan)
    sheet.put(
        sheet.say("regions.shared", items=len(plan.items), probes=len(plan.probes), shared=shared),
        indent=2,
    )
    for label, items in (("once", found.once), ("deployment", found.deployment)):
        if items:
            sheet.put(_named(sheet, f"regions.{label}", len(items)), indent=2, style="bold")
            sheet.put(_ids(sheet, items), indent=4, style="dim")
            _same_rule(sheet, plan, items)
    if found.each:
        sheet.put(_named(sheet, "regions.each", len(found.each)), indent=2, style="bold")
        for items in found.each:
            sheet.put(sheet.show(items[0].id), indent=4)
            sheet.pairs([(str(item.region), _why(sheet, item)) for item in items], indent=6)
    for region in regions:
        mine = [item for item in found.only if item.region == region]
        if mine:
            label = sheet.say("regions.only", region=str(region))
            sheet.put(f"{label} ({len(mine)})", indent=2, style="bold")
            rows = [(sheet.show(item.id), _why_only(sheet, plan, item)) for item in mine]
            sheet.pairs(rows, indent=4)


def _named(sheet: Sheet, label: str, number: int) -> str:
    return f"{sheet.say(label)} ({number})"


def _ids(sheet: Sheet, items: Iterable[Item]) -> str:
    return sheet.show(sheet.say("comma").join(item.id for item in items))


def _why(sheet: Sheet, item: Item) -> str:
    """Say by which clause, or by whose deviation, a region has a rule of its own."""
    words: list[str] = []
    if item.departure is not None:
        words.append(departure_words(sheet.messages, item.departure))
    if item.clause is not None:
        words.append(clause_words(sheet.messages, item.clause))
    return sheet.show(sheet.say("comma").join(words) if words else sheet.say("regions.as_profile"))


def _why_only(sheet: Sheet, plan: Plan, item: Item) -> str:
    """Say why one region alone has a requirement: it added it, or the other one dropped it."""
    if item.departure is not None and "added" in item.departure.parts:
        return _why(sheet, item)
    said = [
        sheet.say("regions.dropped", region=str(each.region), why=dropped.why.of(sheet.lang))
        + sheet.say("proposed", source=deviation_source(sheet.messages, dropped.source))
        for each in plan.profiles
        for dropped in each.dropped
        if (each.id, dropped.requirement) == (item.profile, item.id)
    ]
    return sheet.show(" ".join(said)) if said else _why(sheet, item)


def _same_rule(sheet: Sheet, plan: Plan, items: Iterable[Item]) -> None:
    """Tell of requirements judged alike whose modal, level or evidence a region changed."""
    keys = {(item.profile, item.id) for item in items}
    sheet.pairs(
        [
            (f"{item.region}/{item.id}", _why(sheet, item))
            for item in plan.items
            if (item.profile, item.id) in keys and item.departure is not None
        ],
        indent=6,
    )


def _shared_probes(plan: Plan) -> int:
    """Count the probes whose evidence more than one region reads."""
    readers: dict[str, set[str | None]] = {}
    for item in plan.items:
        for use in (item.check, item.controls.before, item.controls.after):
            if use is not None and item.disposition == "run":
                for step in use.evidence.values():
                    readers.setdefault(step.partition("/")[0], set()).add(item.region)
    return sum(len(each) > 1 for each in readers.values())
