"""Peers that misbehave over several requests: redirects and paging."""

from collections.abc import Callable, Iterator

from hostile.catalogue import PAGE_SIZE, encode, entry, listing, page
from hostile.wire import Request, answer, head, whole

BEYOND = 1_000_000


def _number(request: Request) -> int:
    asked = request.query(b"page") or b"1"
    return int(asked) if asked.isdigit() and len(asked) < len(b"%d" % BEYOND) else 1


def _redirect(where: str, status: bytes = b"302 Found") -> bytes:
    return head(b"Location: " + where.encode(), b"Content-Length: 0", status=status)


@answer("redirect-loop", keep=True)
def redirect_loop(request: Request) -> Iterator[bytes]:
    """Redirects every request to the same address."""
    yield _redirect(request.here + request.target.decode("latin-1"))


@answer("redirect-endless", keep=True)
def redirect_endless(request: Request) -> Iterator[bytes]:
    """Redirects every request to an address one step longer."""
    yield _redirect(request.here + request.target.decode("latin-1").split("?")[0] + "/a")


@answer("redirect-other-origin", keep=True)
def redirect_other_origin(request: Request) -> Iterator[bytes]:
    """Redirects to another origin, whose requests the log shows; that origin answers rightly."""
    if request.header(b"host") == request.other.removeprefix("http://").encode():
        yield whole(page(1))
    else:
        yield _redirect(request.other + "/stolen", b"307 Temporary Redirect")


@answer("redirect-file", keep=True)
def redirect_file(_request: Request) -> Iterator[bytes]:
    """Redirects to a file of the client's own machine."""
    yield _redirect("file:///etc/passwd")


@answer("redirect-no-location", keep=True)
def redirect_no_location(_request: Request) -> Iterator[bytes]:
    """Redirects without saying where to."""
    yield whole(b"", status=b"302 Found")


@answer("next-other-origin", keep=True)
def next_other_origin(request: Request) -> Iterator[bytes]:
    """Names another origin as the next page, in the body and in a Link header."""
    where = request.other + "/catalog/entries?page=2"
    link = b"Link: <" + where.encode() + b'>; rel="next"'
    yield whole(page(*range(1, 21), total=40, next=where), link)


def _paging(name: str, says: str, body: Callable[[int, Request], bytes]) -> None:
    def give(request: Request) -> Iterator[bytes]:
        yield whole(body(_number(request), request))

    give.__doc__ = says
    answer(name, keep=True)(give)


def _full(number: int, **changes: object) -> bytes:
    first = (number - 1) * PAGE_SIZE + 1
    return page(*range(first, first + PAGE_SIZE), page=number, **changes)


def _cursor(request: Request) -> int:
    asked = request.query(b"cursor") or b"c0"
    return int(asked[1:]) if asked[1:].isdigit() and len(asked) < len(b"%d" % BEYOND) else 0


def _endless_cursor(_number_asked: int, request: Request) -> bytes:
    step = _cursor(request) + 1
    return _full(step, total=BEYOND, next=f"c{step}")


def _looping_cursor(_number_asked: int, request: Request) -> bytes:
    step = _cursor(request)
    return _full(step % 3 + 1, total=BEYOND, next=f"c{(step + 1) % 3}")


def _first_page_with(total: object) -> Callable[[int, Request], bytes]:
    def body(number: int, _request: Request) -> bytes:
        items = [entry(n) for n in range(1, 6)] if number == 1 else []
        return encode(listing(items, total=total, page=number))

    return body


_paging(
    "paging-endless",
    "Has a full page of new entries for ever.",
    lambda n, _: _full(n, total=BEYOND),
)
_paging("cursor-endless", "Gives a new cursor with every page (cursor=, next).", _endless_cursor)
_paging("cursor-loop", "Gives three cursors in a ring (cursor=, next).", _looping_cursor)
_paging("cursor-same", "Gives the same cursor with every page.", lambda n, _: _full(n, next="c1"))
_paging(
    "page-ignored", "Gives the first page whatever was asked.", lambda _n, _: _full(1, total=60)
)
_paging(
    "page-alternates",
    "Gives the first and the second page in turn.",
    lambda n, _: _full(2 - n % 2, total=BEYOND),
)
_paging(
    "page-size-ignored",
    "Gives 5000 entries whatever page size was asked.",
    lambda n, _: page(*range(1, 5001), page=n),
)
_paging("pages-empty", "Promises 100 entries and gives none.", lambda n, _: page(page=n, total=100))
_paging("total-negative", "Gives a negative total.", _first_page_with(-1))
_paging("total-huge", "Gives a total of 10^18 over five entries.", _first_page_with(10**18))
_paging("total-float", "Gives a total that is no whole number.", _first_page_with(5.5))
_paging("total-string", "Gives the total as a string.", _first_page_with("5"))
_paging("total-boolean", "Gives the total as true.", _first_page_with(total=True))
_paging("total-missing", "Gives the total as null.", _first_page_with(None))
