"""Peers that misbehave in the status line and the header section."""

from collections.abc import Iterator

from hostile.catalogue import ORDINARY
from hostile.wire import Connection, Request, answer, behaviour, head, whole

FRAME = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ORDINARY)


@answer("http09")
def http09(_request: Request) -> Iterator[bytes]:
    """Answers with a body and no head at all, as HTTP/0.9 did."""
    yield ORDINARY


def _status_line(name: str, line: bytes, says: str) -> None:
    def give(_request: Request) -> Iterator[bytes]:
        yield line + b"\r\n" + FRAME + ORDINARY

    give.__doc__ = says
    answer(name)(give)


for _name, _line, _says in (
    ("version-9.9", b"HTTP/9.9 200 OK", "Answers in HTTP/9.9."),
    ("version-2.0-text", b"HTTP/2.0 200 OK", "Answers in HTTP/2.0, written as text."),
    ("version-other-protocol", b"ICY 200 OK", "Answers in another protocol's status line."),
    ("no-reason", b"HTTP/1.1 200", "Leaves out the reason and the blank before it."),
    ("no-status", b"HTTP/1.1", "Gives a status line of the version alone."),
    ("status-99", b"HTTP/1.1 99 Low", "Gives a status of two digits."),
    ("status-1000", b"HTTP/1.1 1000 High", "Gives a status of four digits."),
    ("status-600", b"HTTP/1.1 600 Beyond", "Gives a status of no class."),
    ("status-zero", b"HTTP/1.1 000 None", "Gives the status 000."),
    ("status-not-a-number", b"HTTP/1.1 OK 200", "Gives a word where the status stands."),
    ("status-negative", b"HTTP/1.1 -20 Below", "Gives a negative status."),
    (
        "status-other-digits",
        "HTTP/1.1 ２００ OK".encode(),
        "Gives a status in full-width digits, which int() would take.",
    ),
):
    _status_line(_name, _line, _says)


@behaviour("status-line-endless")
def status_line_endless(connection: Connection) -> None:
    """Floods a reason phrase without end."""
    connection.request()
    connection.send(b"HTTP/1.1 200 ")
    connection.flood(b"K" * 65536)


@behaviour("headers-endless")
def headers_endless(connection: Connection) -> None:
    """Floods header lines without end."""
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.flood(b"X-Flood: 1\r\n" * 5000)


@answer("header-10mb")
def header_10mb(_request: Request) -> Iterator[bytes]:
    """Sends one header line of 10 MB before a right answer."""
    yield b"HTTP/1.1 200 OK\r\nX-Large: "
    for _ in range(160):
        yield b"a" * 65536
    yield b"\r\n" + FRAME + ORDINARY


@answer("headers-10000")
def headers_10000(_request: Request) -> Iterator[bytes]:
    """Sends 10 000 header lines before a right answer."""
    yield b"HTTP/1.1 200 OK\r\n"
    yield b"".join(b"X-Many-%d: 1\r\n" % number for number in range(10_000))
    yield FRAME + ORDINARY


@answer("header-without-colon")
def header_without_colon(_request: Request) -> Iterator[bytes]:
    """Puts a line without a colon among the headers."""
    yield whole(ORDINARY, b"this line names nothing")


@answer("header-folded")
def header_folded(_request: Request) -> Iterator[bytes]:
    """Folds a header over two lines, which was withdrawn."""
    yield whole(ORDINARY, b"X-Folded: one\r\n two")


@answer("header-bare-lf")
def header_bare_lf(_request: Request) -> Iterator[bytes]:
    """Ends its head's lines with LF alone."""
    yield (b"HTTP/1.1 200 OK\r\n" + FRAME).replace(b"\r\n", b"\n") + ORDINARY


@answer("header-nul")
def header_nul(_request: Request) -> Iterator[bytes]:
    """Puts NUL and bytes that are no UTF-8 in a header value."""
    yield whole(ORDINARY, b"X-Nul: a\x00b\xff\xfe")


@answer("header-gbk", keep=True)
def header_gbk(_request: Request) -> Iterator[bytes]:
    """Puts GBK text in the reason phrase and in a header value."""
    words = "成功".encode("gbk")
    yield whole(ORDINARY, b"X-Message: " + words, status=b"200 " + words)


@answer("cookie-flood", keep=True)
def cookie_flood(_request: Request) -> Iterator[bytes]:
    """Sets 90 cookies of 4 KB with every answer."""
    cookies = [b"Set-Cookie: c%d=%s; Path=/" % (n, b"v" * 4000) for n in range(90)]
    yield whole(ORDINARY, *cookies)


@behaviour("endless-100")
def endless_100(connection: Connection) -> None:
    """Floods 100 Continue without a final answer."""
    connection.request()
    connection.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000)


@behaviour("endless-103")
def endless_103(connection: Connection) -> None:
    """Floods 103 Early Hints without a final answer."""
    connection.request()
    connection.flood(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 1000)


@answer("few-1xx", keep=True)
def few_1xx(_request: Request) -> Iterator[bytes]:
    """Sends 100, 102 and 103 before a right answer, which is allowed."""
    yield head(status=b"100 Continue") + head(status=b"102 Processing")
    yield head(b"Link: </a.css>", status=b"103 Early Hints")
    yield whole(ORDINARY)


@behaviour("switching-101")
def switching_101(connection: Connection) -> None:
    """Switches to a protocol that nobody asked for and speaks it."""
    connection.request()
    headers = (b"Upgrade: websocket", b"Connection: Upgrade")
    connection.send(head(*headers, status=b"101 Switching Protocols"))
    connection.send(b"\x81\x05hello")
    connection.hold()


@answer("body-on-204")
def body_on_204(_request: Request) -> Iterator[bytes]:
    """Sends a body with 204, which has none."""
    yield whole(ORDINARY, status=b"204 No Content")


@answer("body-on-304")
def body_on_304(_request: Request) -> Iterator[bytes]:
    """Sends a body with 304, which has none."""
    yield whole(ORDINARY, status=b"304 Not Modified")


@answer("body-on-head")
def body_on_head(_request: Request) -> Iterator[bytes]:
    """Sends a body whatever the method, HEAD too."""
    yield whole(ORDINARY)
