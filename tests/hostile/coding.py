"""Peers that misbehave in the content coding."""

import gzip
import random
import zlib
from collections.abc import Iterator

from hostile.catalogue import ORDINARY
from hostile.wire import CHUNKED, JSON_TYPE, LAST_CHUNK, Request, answer, chunk, head, whole

BOMB_MEGABYTES = 400
MEGABYTE = b"\x00" * 1_000_000
GZIP = b"Content-Encoding: gzip"
GZIP_WINDOW = 31


def _bomb() -> Iterator[bytes]:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, GZIP_WINDOW)
    for _ in range(BOMB_MEGABYTES):
        if piece := squeeze.compress(MEGABYTE):
            yield piece
    yield squeeze.flush()


@answer("gzip-bomb")
def gzip_bomb(_request: Request) -> Iterator[bytes]:
    """Sends 400 KB of gzip that unfold to 400 MB of zeros."""
    yield head(JSON_TYPE, GZIP, CHUNKED)
    for piece in _bomb():
        yield chunk(piece)
    yield LAST_CHUNK


@answer("gzip-bomb-nested")
def gzip_bomb_nested(_request: Request) -> Iterator[bytes]:
    """Sends that bomb in gzip once more, a few KB in all, both codings declared."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, GZIP_WINDOW)
    body = b"".join([*(squeeze.compress(piece) for piece in _bomb()), squeeze.flush()])
    yield whole(body, b"Content-Encoding: gzip, gzip")


@answer("gzip-double", keep=True)
def gzip_double(_request: Request) -> Iterator[bytes]:
    """Sends a right answer in gzip twice and declares both."""
    body = gzip.compress(gzip.compress(ORDINARY, mtime=0), mtime=0)
    yield whole(body, b"Content-Encoding: gzip, gzip")


@answer("gzip-double-declared-once", keep=True)
def gzip_double_declared_once(_request: Request) -> Iterator[bytes]:
    """Sends a right answer in gzip twice and declares one."""
    yield whole(gzip.compress(gzip.compress(ORDINARY, mtime=0), mtime=0), GZIP)


@answer("gzip-many-codings", keep=True)
def gzip_many_codings(_request: Request) -> Iterator[bytes]:
    """Declares gzip two hundred times over."""
    yield whole(ORDINARY, b"Content-Encoding: " + b", ".join([b"gzip"] * 200))


@answer("gzip-right", keep=True)
def gzip_right(_request: Request) -> Iterator[bytes]:
    """Sends a right answer in gzip, asked for or not."""
    yield whole(gzip.compress(ORDINARY, mtime=0), GZIP)


@answer("gzip-undeclared", keep=True)
def gzip_undeclared(_request: Request) -> Iterator[bytes]:
    """Sends gzip and does not say so."""
    yield whole(gzip.compress(ORDINARY, mtime=0))


@answer("gzip-truncated", keep=True)
def gzip_truncated(_request: Request) -> Iterator[bytes]:
    """Sends the first half of a gzip stream, rightly framed."""
    body = gzip.compress(ORDINARY, mtime=0)
    yield whole(body[: len(body) // 2], GZIP)


@answer("gzip-bad-checksum", keep=True)
def gzip_bad_checksum(_request: Request) -> Iterator[bytes]:
    """Sends gzip whose checksum is wrong."""
    body = bytearray(gzip.compress(ORDINARY, mtime=0))
    body[-8] ^= 0xFF
    yield whole(bytes(body), GZIP)


@answer("gzip-trailing-garbage", keep=True)
def gzip_trailing_garbage(_request: Request) -> Iterator[bytes]:
    """Sends right gzip and then bytes that belong to nothing."""
    yield whole(gzip.compress(ORDINARY, mtime=0) + b"trailing", GZIP)


@answer("deflate-declared-gzip", keep=True)
def deflate_declared_gzip(_request: Request) -> Iterator[bytes]:
    """Sends a deflate stream and declares gzip."""
    yield whole(zlib.compress(ORDINARY), GZIP)


@answer("garbage-declared-gzip", keep=True)
def garbage_declared_gzip(_request: Request) -> Iterator[bytes]:
    """Sends random bytes and declares gzip."""
    yield whole(b"\x00" + random.Random(5).randbytes(4096), GZIP)  # noqa: S311 - noise, no secret


@answer("coding-declared-unknown", keep=True)
def coding_declared_unknown(_request: Request) -> Iterator[bytes]:
    """Sends a right answer as it is and declares a content coding that does not exist."""
    yield whole(ORDINARY, b"Content-Encoding: sealed")
