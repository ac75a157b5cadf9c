"""Peers that misbehave in how a body is delimited and how large it is."""

from collections.abc import Iterator

from hostile.catalogue import ORDINARY
from hostile.wire import (
    CHUNKED,
    JSON_TYPE,
    LAST_CHUNK,
    Connection,
    Request,
    answer,
    behaviour,
    chunk,
    head,
    whole,
)

SPACES = b" " * 65536
TEN_GB = 10 * 1024**3


@answer("length-too-large")
def length_too_large(_request: Request) -> Iterator[bytes]:
    """Announces 100 bytes more than it sends, then closes."""
    yield head(JSON_TYPE, b"Content-Length: %d" % (len(ORDINARY) + 100)) + ORDINARY


@behaviour("length-too-large-stalls")
def length_too_large_stalls(connection: Connection) -> None:
    """Announces 100 bytes more than it sends and keeps the connection open."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Content-Length: %d" % (len(ORDINARY) + 100)) + ORDINARY)
    connection.hold()


@answer("length-too-small", keep=True)
def length_too_small(_request: Request) -> Iterator[bytes]:
    """Announces 5 bytes fewer than it sends and keeps the connection alive."""
    yield head(JSON_TYPE, b"Content-Length: %d" % (len(ORDINARY) - 5)) + ORDINARY


def _length(name: str, says: str, *lengths: bytes) -> None:
    def give(_request: Request) -> Iterator[bytes]:
        yield head(JSON_TYPE, *(b"Content-Length: " + length for length in lengths)) + ORDINARY

    give.__doc__ = says
    answer(name)(give)


_RIGHT = b"%d" % len(ORDINARY)
_length("length-negative", "Announces a negative length.", b"-1")
_length("length-differing", "Announces two different lengths.", _RIGHT, b"5")
_length("length-same-twice", "Announces the right length twice.", _RIGHT, _RIGHT)
_length("length-list", "Announces two different lengths in one header.", _RIGHT + b", 5")
_length("length-not-a-number", "Announces a word for a length.", b"many")
_length("length-hex", "Announces a length in hexadecimal.", b"0x10")
_length("length-plus", "Announces a length with a sign.", b"+" + _RIGHT)
_length("length-5000-digits", "Announces a length of 5000 digits.", b"9" * 5000)


@answer("length-and-chunked")
def length_and_chunked(_request: Request) -> Iterator[bytes]:
    """Announces a length and chunks at once: two readings of one message."""
    yield head(JSON_TYPE, b"Content-Length: 5", CHUNKED) + chunk(ORDINARY) + LAST_CHUNK


@behaviour("chunked-endless")
def chunked_endless(connection: Connection) -> None:
    """Sends chunks for ever."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED))
    connection.flood(chunk(SPACES))


@behaviour("chunked-tiny-endless")
def chunked_tiny_endless(connection: Connection) -> None:
    """Sends chunks of one byte for ever."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED))
    connection.flood(chunk(b" ") * 10_000)


@behaviour("chunked-extension-endless")
def chunked_extension_endless(connection: Connection) -> None:
    """Sends a chunk extension for ever."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED) + b"5;a=")
    connection.flood(b"b" * 65536)


@answer("chunked-bad-size")
def chunked_bad_size(_request: Request) -> Iterator[bytes]:
    """Gives a word for a chunk's size."""
    yield head(JSON_TYPE, CHUNKED) + b"zz\r\n" + ORDINARY + b"\r\n" + LAST_CHUNK


@answer("chunked-negative-size")
def chunked_negative_size(_request: Request) -> Iterator[bytes]:
    """Gives a negative size of a chunk, which int() would take."""
    yield head(JSON_TYPE, CHUNKED) + b"-5\r\n" + ORDINARY + b"\r\n" + LAST_CHUNK


@answer("chunked-size-lies")
def chunked_size_lies(_request: Request) -> Iterator[bytes]:
    """Gives a size 5 bytes smaller than the chunk, so that no CRLF follows it."""
    size = b"%x\r\n" % (len(ORDINARY) - 5)
    yield head(JSON_TYPE, CHUNKED) + size + ORDINARY + b"\r\n" + LAST_CHUNK


@behaviour("chunked-huge-size")
def chunked_huge_size(connection: Connection) -> None:
    """Announces a chunk of 2^62 bytes and sends little of it."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED) + b"4000000000000000\r\n" + ORDINARY)
    connection.hold()


@answer("chunked-unterminated")
def chunked_unterminated(_request: Request) -> Iterator[bytes]:
    """Sends whole chunks and closes without the last one."""
    yield head(JSON_TYPE, CHUNKED) + chunk(ORDINARY)


@behaviour("chunked-unterminated-stalls")
def chunked_unterminated_stalls(connection: Connection) -> None:
    """Sends whole chunks, then neither the last one nor an end."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED) + chunk(ORDINARY))
    connection.hold()


@behaviour("trailers-endless")
def trailers_endless(connection: Connection) -> None:
    """Sends a right body and then trailers for ever."""
    connection.request()
    connection.send(head(JSON_TYPE, CHUNKED) + chunk(ORDINARY) + b"0\r\n")
    connection.flood(b"X-Trailer: 1\r\n" * 5000)


@answer("trailer-10mb")
def trailer_10mb(_request: Request) -> Iterator[bytes]:
    """Sends a right body and then one trailer of 10 MB."""
    yield head(JSON_TYPE, CHUNKED) + chunk(ORDINARY) + b"0\r\nX-Large: "
    for _ in range(160):
        yield b"a" * 65536
    yield b"\r\n\r\n"


@answer("coding-unknown")
def coding_unknown(_request: Request) -> Iterator[bytes]:
    """Announces a transfer coding that does not exist."""
    yield head(JSON_TYPE, b"Transfer-Encoding: sealed") + ORDINARY


@behaviour("body-10gb")
def body_10gb(connection: Connection) -> None:
    """Announces a body of 10 GB and streams it."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Content-Length: %d" % TEN_GB))
    connection.flood(SPACES)


@behaviour("body-10gb-announced-only")
def body_10gb_announced_only(connection: Connection) -> None:
    """Announces a body of 10 GB, sends a right answer's bytes and stalls."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Content-Length: %d" % TEN_GB) + ORDINARY)
    connection.hold()


@behaviour("body-until-close-endless")
def body_until_close_endless(connection: Connection) -> None:
    """Streams a body that only the close would end, and never closes."""
    connection.request()
    connection.send(head(JSON_TYPE, b"Connection: close"))
    connection.flood(SPACES)


@answer("closed-between-requests")
def closed_between_requests(_request: Request) -> Iterator[bytes]:
    """Promises to keep the connection alive and closes it after each answer."""
    yield whole(ORDINARY, b"Connection: keep-alive", b"Keep-Alive: timeout=60, max=1000")


@behaviour("closed-on-second-request")
def closed_on_second_request(connection: Connection) -> None:
    """Keeps the connection alive, reads the second request and closes without a byte."""
    connection.request()
    connection.send(whole(ORDINARY, b"Connection: keep-alive"))
    connection.request()


@answer("smuggled-response", keep=True)
def smuggled_response(_request: Request) -> Iterator[bytes]:
    """Sends a second whole response after the first, for whoever asks next."""
    forged = b'{"total":0,"page":1,"page_size":20,"items":[],"forged":true}'
    yield whole(ORDINARY, b"Connection: keep-alive") + whole(forged)
