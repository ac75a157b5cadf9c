"""What the conforming catalogue answers, as a pure function of the catalogue and the question."""

from collections.abc import Sequence
from dataclasses import dataclass

from cqsc_conform.reference.data import REFUSED, Catalogue, Entry

DETAIL_ONLY = frozenset({"items", "abstract", "service"})


@dataclass(frozen=True)
class Asked:
    """A well-formed question: the operation, who asks, and the parameters it takes."""

    operation: str
    known: bool
    id: str = ""
    keyword: str = ""
    page: int = 1
    size: int = 20


@dataclass(frozen=True)
class Answer:
    """An HTTP status and a JSON body."""

    status: int
    body: Entry


def answer(catalogue: Catalogue, asked: Asked) -> Answer:
    """Answer one question as the specification says."""
    match asked.operation:
        case "catalog.list":
            return listing(asked, catalogue.entries)
        case "catalog.search":
            return listing(asked, matching(catalogue.entries, asked.keyword))
        case "responsibility.list":
            return paged(asked, catalogue.duties)
    return _about_one(catalogue, asked)


def _about_one(catalogue: Catalogue, asked: Asked) -> Answer:
    entry = find(catalogue, asked.id)
    if entry is None:
        return problem(404, "not found", f"no catalogue entry {asked.id!r}")
    if asked.operation == "catalog.get":
        return Answer(200, visible(entry, known=asked.known))
    if asked.operation == "dataset.schema":
        return Answer(200, {"fields": list(catalogue.schemas[asked.id])})
    if entry["share_type"] == REFUSED:
        return problem(403, "not shared", "the provider does not share these records")
    return paged(asked, catalogue.records[asked.id])


def find(catalogue: Catalogue, ident: str) -> Entry | None:
    """Give the entry of that id, if there is one."""
    return next((entry for entry in catalogue.entries if entry["id"] == ident), None)


def matching(entries: Sequence[Entry], keyword: str) -> list[Entry]:
    """Give the entries whose title, abstract or provider contains the keyword."""
    return [
        e
        for e in entries
        if any(keyword in e[k] for k in ("title", "abstract", "provider") if k in e)
    ]


def visible(entry: Entry, *, known: bool) -> Entry:
    """Hide the information items of an entry that is not shared from an anonymous reader."""
    hidden = set() if known or entry["share_type"] != REFUSED else {"items"}
    return {name: value for name, value in entry.items() if name not in hidden}


def listing(asked: Asked, entries: Sequence[Entry]) -> Answer:
    """Give a page of entries in the short form of lists."""
    said = paged(asked, entries)
    short = [{k: v for k, v in e.items() if k not in DETAIL_ONLY} for e in said.body["items"]]
    return Answer(said.status, said.body | {"items": short})


def paged(asked: Asked, rows: Sequence[Entry]) -> Answer:
    """Give the page asked for, and the total over all pages."""
    start = (asked.page - 1) * asked.size
    body = {
        "total": len(rows),
        "page": asked.page,
        "page_size": asked.size,
        "items": list(rows[start : start + asked.size]),
    }
    return Answer(200, body)


def problem(status: int, title: str, detail: str) -> Answer:
    """Say what is wrong, in the members of RFC 9457."""
    return Answer(
        status, {"type": "about:blank", "title": title, "status": status, "detail": detail}
    )
