"""Peers whose text is aimed at whoever displays it: terminals, browsers, spreadsheets."""

from collections.abc import Iterator

from hostile.catalogue import encode, entry, listing
from hostile.wire import Request, answer, whole

CLEAR_SCREEN = "\x1b[2J\x1b[1;1H"
SET_TITLE = "\x1b]0;owned\x07"
RIGHT_TO_LEFT = "\u202egnp.exe\u202c"
ISOLATE = "\u2067abc\u2069"
MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", "\t=1+1", "\r=1+1")
TEMPLATES = (
    "{{7*7}}",
    "{0.__class__}",
    "%s%n%(x)s",
    "${jndi:ldap://127.0.0.1/a}",
    "[bold]x[/bold]",
)
PATHS = ("../../../../etc/passwd", "/etc/passwd", "C:\\Windows\\win.ini", "CON", "a\x00b", "")


@answer("terminal-escapes", keep=True)
def terminal_escapes(_request: Request) -> Iterator[bytes]:
    """Puts terminal control sequences in the reason phrase, a header and a title."""
    sequence = (CLEAR_SCREEN + SET_TITLE).encode()
    body = encode(listing([entry(1, title=CLEAR_SCREEN + SET_TITLE)]))
    # JSON must escape them; the bare kind is aimed at whoever prints an undecodable body.
    yield whole(body, b"X-Escape: " + sequence, status=b"200 " + sequence)


@answer("terminal-escapes-bare", keep=True)
def terminal_escapes_bare(_request: Request) -> Iterator[bytes]:
    """Answers 500 with bare terminal control sequences, seven and eight bits wide, as text."""
    body = (CLEAR_SCREEN + SET_TITLE).encode() + b"\x9b2J" + "\u009b2J".encode()
    yield whole(body, media=b"text/plain", status=b"500 \x1b[31mred")


@answer("bidi", keep=True)
def bidi(_request: Request) -> Iterator[bytes]:
    """Puts bidirectional overrides in the reason phrase, a header and a title."""
    text = RIGHT_TO_LEFT + ISOLATE
    body = encode(listing([entry(1, title=text, provider=text)]))
    yield whole(body, b"X-Bidi: " + text.encode(), status=b"200 " + text.encode())


@answer("markup", keep=True)
def markup(_request: Request) -> Iterator[bytes]:
    """Puts markup that would end a script element in titles, ids, a header and the reason."""
    body = encode(listing([entry(1, title=MARKUP, id=MARKUP, share_type=MARKUP)]))
    yield whole(body, b"X-Markup: " + MARKUP.encode(), status=b"200 " + MARKUP.encode())


@answer("formulas", keep=True)
def formulas(_request: Request) -> Iterator[bytes]:
    """Puts spreadsheet formulas in titles and providers."""
    items = [entry(n, title=text, provider=text) for n, text in enumerate(FORMULAS, 1)]
    yield whole(encode(listing(items)))


@answer("templates", keep=True)
def templates(_request: Request) -> Iterator[bytes]:
    """Puts template, format and markup expressions in titles and types."""
    items = [entry(n, title=text, share_type=text) for n, text in enumerate(TEMPLATES, 1)]
    yield whole(encode(listing(items)))


@answer("path-ids", keep=True)
def path_ids(_request: Request) -> Iterator[bytes]:
    """Gives paths of a file system as entry ids."""
    yield whole(encode(listing([entry(n, id=text) for n, text in enumerate(PATHS, 1)])))


@answer("crlf-ids", keep=True)
def crlf_ids(_request: Request) -> Iterator[bytes]:
    """Gives ids that would split a request if they were put in a path unescaped."""
    text = "x HTTP/1.1\r\nX-Injected: yes\r\n\r\nGET /other"
    yield whole(encode(listing([entry(1, id=text, service="/a\r\nX-Injected: yes")])))
