"""How the mutants of the record API break what they break: small pure hooks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cqsc_conform.reference.exchange_answers import (
    Answer,
    Asked,
    Refusal,
    World,
    bound_to,
    chosen,
    export,
    limit_of,
    make_cursor,
    moment,
    page,
    place_of,
    problem,
    read_cursor,
    window,
)
from cqsc_conform.reference.exchange_data import Record, citizen_id
from cqsc_conform.reference.mutants.exchange_shapes import AnswerHook, Conforming, Records

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _all(world: World, asked: Asked) -> list[Record]:
    return chosen(world.store.records.values(), asked.query)


def overlapping(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Begin each page but the first with the last record of the one before, and lose its last."""
    said = conforming(world, asked)
    if "cursor" not in asked.query or said.status != 200:
        return said
    rows, found = said.body["items"], _all(world, asked)
    before = found[found.index(rows[0]) - 1]
    return replace(said, body=said.body | {"items": [before, *rows[:-1]]})


def shorter(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Leave the fifth record out."""
    said = conforming(world, asked)
    left_out = _all(world, asked)[4]
    rows = [each for each in said.body["items"] if each["id"] != left_out["id"]]
    return replace(said, body=said.body | {"items": rows})


def skipping(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Let the cursor point past one record more than was given."""
    said = conforming(world, asked)
    if not said.body.get("next"):
        return said
    found, place = _all(world, asked), place_of(asked.query)
    beyond = found[found.index(said.body["items"][-1]) + 1]
    following = make_cursor(world, list(place(beyond)), bound_to(asked))
    return replace(said, body=said.body | {"next": following})


def one_more(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Give one record more than was asked for."""
    size = str(limit_of(asked.query) + 1)
    return conforming(world, replace(asked, query={**asked.query, "limit": size}))


def unbounded(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Give everything where more is asked for than a page can hold."""
    if int(asked.query.get("limit", "1")) <= 50:
        return conforming(world, asked)
    found = _all(world, asked)
    return Answer(200, {"total": len(found), "items": found, "next": None})


def counting(*, created: bool, deleted: bool) -> AnswerHook:
    """Page by counting records, blind for what was created or deleted meanwhile, or for both."""

    def hook(world: World, asked: Asked, _: Conforming) -> Answer:
        found, size, start = _all(world, asked), limit_of(asked.query), 0
        made, gone = len(world.store.keys), len(world.store.gone)
        if "cursor" in asked.query:
            try:
                place = read_cursor(world, asked.query["cursor"], bound_to(asked))
            except Refusal as refusal:
                return problem(refusal.status, refusal.detail)
            start = int(place[0])
            start += 0 if created else made - int(place[1])
            start -= 0 if deleted else gone - int(place[2])
        end, following = start + size, None
        if end < len(found):
            following = make_cursor(world, [str(end), str(made), str(gone)], bound_to(asked))
        return Answer(200, {"total": len(found), "items": found[start:end], "next": following})

    return hook


def same_cursor(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Give the cursor back that the page was asked with."""
    said = conforming(world, asked)
    if "cursor" not in asked.query or said.status != 200:
        return said
    return replace(said, body=said.body | {"next": asked.query["cursor"]})


_PADDING = "." * 6000


def long_cursor(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Pad the cursor to more than six thousand characters."""
    bare = {k: v.rstrip(".") if k == "cursor" else v for k, v in asked.query.items()}
    said = conforming(world, replace(asked, query=bare))
    if said.status != 200 or not said.body["next"]:
        return said
    return replace(said, body=said.body | {"next": said.body["next"] + _PADDING})


def lenient(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Begin anew where the cursor is none."""
    said = conforming(world, asked)
    altered = said.status == 400 and asked.query.get("cursor", "").startswith("x")
    if not altered:
        return said
    rest = {name: text for name, text in asked.query.items() if name != "cursor"}
    return conforming(world, replace(asked, query=rest))


def crashing(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Fail inside where the cursor is none."""
    said = conforming(world, asked)
    altered = said.status == 400 and asked.query.get("cursor", "").startswith("x")
    return problem(500, "internal error") if altered else said


def unbound(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Take a cursor of the whole list for a filtered one, and go on with the whole list."""
    said = conforming(world, asked)
    if not (said.status == 400 and "region" in asked.query and "cursor" in asked.query):
        return said
    rest = {name: text for name, text in asked.query.items() if name != "region"}
    return conforming(world, replace(asked, query=rest))


def sorted_as(query_sort: str) -> AnswerHook:
    """Order in another way than was asked for."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        return conforming(world, replace(asked, query={**asked.query, "sort": query_sort}))

    return hook


def without_ties(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Go on after the moment of the last record, past others of that same moment."""
    said = conforming(world, asked)
    if "cursor" not in asked.query or said.status != 200:
        return said
    at = read_cursor(world, asked.query["cursor"], bound_to(asked))[0]
    place = place_of(asked.query)
    later = [each for each in _all(world, asked) if place(each)[0] < at]
    rest = {name: text for name, text in asked.query.items() if name != "cursor"}
    cut = page(world, replace(asked, query=rest), later)
    return replace(cut, body=cut.body | {"total": said.body["total"]})


def filtered(matches: Callable[[Record, str], bool]) -> AnswerHook:
    """Filter by region in another way."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        if "region" not in asked.query or "cursor" in asked.query:
            return conforming(world, asked)
        rest = {name: text for name, text in asked.query.items() if name != "region"}
        wanted = asked.query["region"]
        found = [e for e in chosen(world.store.records.values(), rest) if matches(e, wanted)]
        return page(world, asked, found)

    return hook


def unless_empty(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Ignore the filter where nothing matches it."""
    said = conforming(world, asked)
    if "region" not in asked.query or said.status != 200 or said.body["total"]:
        return said
    rest = {name: text for name, text in asked.query.items() if name != "region"}
    return conforming(world, replace(asked, query=rest))


def shifted(name: str, change: Callable[[datetime], datetime]) -> AnswerHook:
    """Move a bound of the filter by time."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        if name not in asked.query:
            return conforming(world, asked)
        moved = change(moment(asked.query[name])).isoformat()
        return conforming(world, replace(asked, query={**asked.query, name: moved}))

    return hook


LITTLE = timedelta(microseconds=1)


def midnight(at: datetime) -> datetime:
    """Give the beginning of a moment's day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def unselected(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Ignore which fields are wanted."""
    rest = {name: text for name, text in asked.query.items() if name != "fields"}
    return conforming(world, replace(asked, query=rest))


def cut_names(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Give names short where fields are selected."""
    said = conforming(world, asked)
    if "fields" not in asked.query or said.status != 200:
        return said
    rows = [each | {"name": each["name"][:4]} for each in said.body["items"]]
    return replace(said, body=said.body | {"items": rows})


def exported(change: Callable[[list[Record]], list[Record]]) -> AnswerHook:
    """Export other records, with the digest of what is given."""

    def hook(world: World, _: Asked, __: Conforming) -> Answer:
        return export(change(chosen(world.store.records.values(), {})))

    return hook


def detailed(**changes: object) -> AnswerHook:
    """Answer the first record by its id with other elements than the list has."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        said = conforming(world, asked)
        if not _first(world, asked):
            return said
        return replace(said, body=said.body | changes)

    return hook


def _first(world: World, asked: Asked) -> bool:
    # Those that were created while it runs begin with 0.
    first = min(each for each in world.store.records if not each.startswith("0"))
    return asked.operation == "records.get" and asked.id == first


def undetailed(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Find the first record no more by its id."""
    return problem(404, "no such record") if _first(world, asked) else conforming(world, asked)


def since(change: Callable[[datetime], datetime]) -> AnswerHook:
    """Begin a window of changes elsewhere than it was asked to."""

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        if asked.operation != "records.changes" or "since" not in asked.query:
            return conforming(world, asked)
        begin = change(moment(asked.query["since"]))
        found = [e for e in world.store.changes() if datetime.fromisoformat(e["at"]) >= begin]
        try:
            return window(world, asked, found, limit_of(asked.query))
        except Refusal as refusal:
            return problem(refusal.status, refusal.detail)

    return hook


def early_until(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Say that a window ends at its last change, which the next one then repeats."""
    said = conforming(world, asked)
    if asked.operation != "records.changes" or said.status != 200 or not said.body["items"]:
        return said
    return replace(said, body=said.body | {"until": said.body["items"][-1]["at"]})


def impossible_birth(records: Records) -> Records:
    """Give a citizen id with a right check character and a birth on 29 February 1885."""
    front = records[3]["citizen_id"][:6] + "18850229" + "012"
    total = sum(int(d) * w for d, w in zip(front, _CITIZEN_WEIGHTS, strict=True))
    made = front + "10X98765432"[total % 11]
    return (*records[:3], records[3] | {"citizen_id": made}, *records[4:])


def unborn(records: Records) -> Records:
    """Give a citizen id with a right check character and a birth in 2099."""
    front = records[3]["citizen_id"][:6] + "20991231" + "001"
    total = sum(int(d) * w for d, w in zip(front, _CITIZEN_WEIGHTS, strict=True))
    made = front + "10X98765432"[total % 11]
    return (*records[:3], records[3] | {"citizen_id": made}, *records[4:])


def small_x(records: Records) -> Records:
    """Write the X of a citizen id small."""
    number = next(n for n in range(10**6) if citizen_id("500103", n).endswith("X"))
    made = citizen_id("500103", number).lower()
    return (*records[:3], records[3] | {"citizen_id": made}, *records[4:])


def unreadable_at_first() -> AnswerHook:
    """Answer "not found" to the first question for a record that was just created."""
    asked_for: set[str] = set()

    def hook(world: World, asked: Asked, conforming: Conforming) -> Answer:
        new = asked.operation == "records.get" and asked.id.startswith("0")
        if new and asked.id in world.store.records and asked.id not in asked_for:
            asked_for.add(asked.id)
            return problem(404, "no such record")
        return conforming(world, asked)

    return hook


def unlisted(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Leave records that were created under a key of their own out of what is listed."""
    said = conforming(world, asked)
    if asked.operation != "records.list" or said.status != 200:
        return said
    rows = [e for e in said.body["items"] if not e["name"].startswith("合成记录")]
    lost = len(said.body["items"]) - len(rows)
    return replace(said, body=said.body | {"items": rows, "total": said.body["total"] - lost})


def still_there(world: World, asked: Asked, conforming: Conforming) -> Answer:
    """Answer a deleted record as if it lived."""
    said = conforming(world, asked)
    if asked.operation == "records.get" and asked.id in world.store.gone:
        return Answer(200, {"id": asked.id, "name": "已删除", "region": "500103"})
    return said
