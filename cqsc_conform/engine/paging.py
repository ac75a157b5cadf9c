"""Following pages: from what was seen so far to the parameters of the next page.  Pure."""

import re
from urllib.parse import urljoin

from msgspec import Struct

from cqsc_conform.formats.pointer import resolve
from cqsc_conform.formats.reading import Reply, as_text
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.outcome import ReplyClass


class Turn(Struct, frozen=True):
    """The next page: parameters to add, or a whole address to ask; or why there is none."""

    params: dict[str, str] = {}
    address: str | None = None
    ended: str | None = None


def first_turn(operation: Operation, page_size: int | None) -> Turn:
    """Ask for the first page."""
    params: dict[str, str] = {}
    style = operation.paging.style
    if style == "page":
        params["page"] = str(operation.paging.first)
    elif style == "offset":
        params["offset"] = "0"
    if page_size is not None and style != "none":
        most = operation.paging.max_page_size
        params["page_size"] = str(min(page_size, most) if most else page_size)
    return Turn(params=params)


def next_turn(operation: Operation, seen: tuple[Reply, ...], first: Turn) -> Turn:
    """Decide the next page from the pages seen; ``ended`` says why a walk is over."""
    last = seen[-1]
    if last.outcome is not ReplyClass.SUCCESS:
        return Turn(ended="refused")
    if last.items is None:
        return Turn(ended="no_items")
    style = operation.paging.style
    if style == "none":
        return Turn(ended="single")
    return (
        _by_token(operation, seen, first)
        if style in {"cursor", "link"}
        else _by_count(operation, seen, first)
    )


def _by_count(operation: Operation, seen: tuple[Reply, ...], first: Turn) -> Turn:
    """Count on to an empty page, past the declared total: one too small would hide the rest."""
    last = seen[-1]
    if not last.items:
        return Turn(ended="empty")
    if _seen_before(seen):
        return Turn(ended="repeated")
    if operation.paging.style == "page":
        return Turn(params={**first.params, "page": str(operation.paging.first + len(seen))})
    got = sum(len(reply.items or ()) for reply in seen)
    return Turn(params={**first.params, "offset": str(got)})


def _seen_before(seen: tuple[Reply, ...]) -> bool:
    """Tell whether the last page came before, as from systems that clamp the page number."""
    last = [item.raw for item in seen[-1].items or ()]
    return any(last == [item.raw for item in reply.items or ()] for reply in seen[:-1])


def _by_token(operation: Operation, seen: tuple[Reply, ...], first: Turn) -> Turn:
    """Follow what the answer names; an empty page that names a next one is not the end."""
    tokens = [_token(operation, reply) for reply in seen]
    token = tokens[-1]
    if not token:
        return Turn(ended="no_next")
    if token in tokens[:-1]:
        return Turn(ended="loop")
    if seen[-1].items and _seen_before(seen):
        return Turn(ended="repeated")
    if operation.paging.style == "link" or token.startswith(("http://", "https://", "/")):
        return Turn(address=_absolute(token, seen[-1]))
    return Turn(params={**first.params, "cursor": token})


def _absolute(reference: str, reply: Reply) -> str:
    """Resolve a reference against the page it came from (RFC 3986 section 5)."""
    try:
        return urljoin(reply.exchange.request.target, reference)
    except ValueError:
        return reference


def _token(operation: Operation, reply: Reply) -> str:
    if operation.paging.style == "link":
        fields = (value for name, value in reply.exchange.response.headers if _is_link(name))
        return next(filter(None, map(_next_link, fields)), "")
    return as_text(resolve(reply.json, operation.paging.cursor))


def _is_link(name: str) -> bool:
    return name.lower() == "link"


_LINK = re.compile(r"""<([^<>]*)>((?:"[^"]*"|[^",<])*)""")
_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))""")


def _next_link(value: str) -> str:
    """Find the target of the ``next`` link (RFC 8288), empty where there is none."""
    for link in _LINK.finditer(value):
        for name, quoted, plain in _PARAMETER.findall(link[2]):
            if name.lower() == "rel":
                if "next" in (quoted or plain).lower().split():
                    return link[1]
                break
    return ""
