"""How the mutants of the catalogue break what they break: small pure hooks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cqsc_conform.reference.catalog_answers import (
    Answer,
    Asked,
    find,
    listing,
    matching,
    problem,
)
from cqsc_conform.reference.data import FREE, REFUSED, Catalogue, Entry
from cqsc_conform.reference.mutants.shapes import (
    AnswerHook,
    DataHook,
    change,
    pick,
    with_body,
)

Fields = tuple[Entry, ...]


def other_check_character(code: str) -> str:
    """Give the code with a check character of the right alphabet and the wrong value."""
    return code[:17] + ("1" if code[17] == "0" else "0")


def abolished_region(catalogue: Catalogue) -> Catalogue:
    """Publish an entry under 江北区 after the day (2025-11-06) on which that was abolished."""
    entry = pick(catalogue, update_period="每日")
    published = max(entry["published"], "2025-11-07")
    return change(catalogue, entry, entry | {"region": "500105", "published": published})


def stale(period: str, days: int) -> DataHook:
    """Make an entry of that period so many days old, and published before."""

    def hook(catalogue: Catalogue) -> Catalogue:
        entry = pick(catalogue, update_period=period)
        updated = datetime.fromisoformat(entry["updated"])
        updated = (catalogue.now - timedelta(days=days)).astimezone(updated.tzinfo)
        published = min(entry["published"], (updated - timedelta(days=30)).date().isoformat())
        changed = {"updated": updated.isoformat(timespec="seconds"), "published": published}
        return change(catalogue, entry, entry | changed)

    return hook


def _items(catalogue: Catalogue, rework: Callable[[Fields], Fields]) -> Catalogue:
    # The live schema is wrong in the same way, so that catalogue and service still agree.
    entry = pick(catalogue, share_type=REFUSED)
    schemas = dict(catalogue.schemas) | {entry["id"]: rework(catalogue.schemas[entry["id"]])}
    changed = change(catalogue, entry, entry | {"items": list(rework(tuple(entry["items"])))})
    return replace(changed, schemas=schemas)


def untyped_item(catalogue: Catalogue) -> Catalogue:
    """Leave the type of an information item out."""
    return _items(
        catalogue,
        lambda items: ({k: v for k, v in items[0].items() if k != "type"}, *items[1:]),
    )


def oddly_typed_item(catalogue: Catalogue) -> Catalogue:
    """Give an information item a type outside the list."""
    return _items(catalogue, lambda items: (items[0] | {"type": "字符型"}, *items[1:]))


def duplicate_item(catalogue: Catalogue) -> Catalogue:
    """Give an information item twice."""
    return _items(catalogue, lambda items: (items[0], *items))


def live_schema(rework: Callable[[Fields], Fields]) -> DataHook:
    """Change what one live service says of itself."""

    def hook(catalogue: Catalogue) -> Catalogue:
        ident = pick(catalogue, share_type=FREE)["id"]
        schemas = dict(catalogue.schemas) | {ident: rework(catalogue.schemas[ident])}
        return replace(catalogue, schemas=schemas)

    return hook


def shared_code(catalogue: Catalogue) -> Catalogue:
    """Give an entry the code of the first one."""
    return change(
        catalogue,
        entry := pick(catalogue),
        entry | {"code": catalogue.entries[0]["code"]},
    )


def dangling_duty(catalogue: Catalogue) -> Catalogue:
    """Point the second item of the responsibility list at no entry."""
    first, second, *rest = catalogue.duties
    return replace(catalogue, duties=(first, second | {"entry_id": "none"}, *rest))


def updated_in_future(catalogue: Catalogue) -> Catalogue:
    """Say that an entry's data were updated thirty days from now."""
    entry = pick(catalogue, update_period="不定期")
    zone = datetime.fromisoformat(entry["updated"]).tzinfo
    later = (catalogue.now + timedelta(days=30)).astimezone(zone)
    return change(catalogue, entry, entry | {"updated": later.isoformat(timespec="seconds")})


def _detail(catalogue: Catalogue, asked: Asked) -> bool:
    return asked.operation == "catalog.get" and asked.id == pick(catalogue)["id"]


def retitled(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Give one entry another title in its detail than in the list."""
    if not _detail(catalogue, asked):
        return said
    return with_body(said, title=said.body["title"] + "（新）")


def other_mode(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Give one entry another share mode in its detail than in the list."""
    return with_body(said, share_mode="文件交换") if _detail(catalogue, asked) else said


def unanswered(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Find one listed entry no more."""
    gone = asked.id == pick(catalogue, share_type=FREE)["id"]
    if not (asked.operation == "catalog.get" and gone):
        return said
    return problem(404, "not found", "no such catalogue entry")


def _unknown(catalogue: Catalogue, asked: Asked) -> bool:
    return asked.operation == "catalog.get" and find(catalogue, asked.id) is None


def some_entry(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Answer an unknown id with the first entry."""
    return Answer(200, catalogue.entries[0]) if _unknown(catalogue, asked) else said


def empty_entry(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Answer an unknown id with an empty object."""
    return Answer(200, {}) if _unknown(catalogue, asked) else said


def untitled_search(catalogue: Catalogue, asked: Asked, _: Answer) -> Answer:
    """Search abstracts and providers only."""
    found = [e for e in catalogue.entries if asked.keyword in e["abstract"] + "\n" + e["provider"]]
    return listing(asked, found)


def neighbour_search(catalogue: Catalogue, asked: Asked, _: Answer) -> Answer:
    """Give the entry after each one that was to be found, and never that one."""
    found = [e["id"] for e in matching(catalogue.entries, asked.keyword)]
    following = zip(catalogue.entries, _turned(catalogue.entries), strict=True)
    return listing(asked, [b for a, b in following if a["id"] in found and b["id"] not in found])


def _turned(entries: Sequence[Entry]) -> Sequence[Entry]:
    return [*entries[1:], *entries[:1]]


def unfiltered_search(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Give everything where nothing matches."""
    return said if said.body["total"] else listing(asked, catalogue.entries)


def nearest_search(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Give one entry where nothing matches."""
    return said if said.body["total"] else listing(asked, catalogue.entries[:1])


def total(by: int) -> AnswerHook:
    """Miscount the list."""
    return lambda _, __, said: with_body(said, total=said.body["total"] + by)


def overlapping(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
    """Begin page 2 with the last entry of page 1, so that its own last entry is lost."""
    rows = said.body["items"]
    if asked.page != 2 or not rows:
        return said
    first = listing(replace(asked, page=1), catalogue.entries).body["items"]
    return with_body(said, items=[first[-1], *rows[:-1]])


def size_dependent(catalogue: Catalogue, asked: Asked, _: Answer) -> Answer:
    """List all entries but one, which one depending on the page size."""
    left_out = asked.size % len(catalogue.entries)
    return listing(asked, [e for n, e in enumerate(catalogue.entries) if n != left_out])


def service(status: int) -> AnswerHook:
    """Fail the service of the entry that the responsibility list names second."""

    def hook(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
        named = asked.id == catalogue.duties[1]["entry_id"]
        if not (asked.operation == "dataset.records" and named):
            return said
        return problem(status, "service unavailable", "the service does not answer")

    return hook


def shown_to_anonymous(*, from_: int) -> AnswerHook:
    """Show the items of not shared entries to everybody, sparing the first `from_` of them."""

    def hook(catalogue: Catalogue, asked: Asked, said: Answer) -> Answer:
        shown = [e for e in catalogue.entries if e["share_type"] == REFUSED][from_:]
        entry = next((e for e in shown if e["id"] == asked.id), None)
        if asked.operation != "catalog.get" or entry is None:
            return said
        return Answer(200, entry)

    return hook
