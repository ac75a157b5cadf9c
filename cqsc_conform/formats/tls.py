"""The first flight of a TLS server, read as it comes, within bounds (RFC 8446, RFC 5246, RFC 6101).

Nothing here trusts a length: a record, a message and the whole flight have their caps, and no
byte is read that did not come.
"""

from msgspec import Struct

__all__ = ["CERTIFICATES_CAP", "FLIGHT_CAP", "RECORD_CAP", "Flight", "ServerHello", "TlsFault"]

RECORD_CAP = 18 * 1024
"""The most bytes of a record: 2^14 of content and 2048 that a cipher may add (RFC 5246 6.2.3)."""

CERTIFICATES_CAP = 64 * 1024
"""The most bytes of a handshake message; chains of ten large certificates stay below."""

FLIGHT_CAP = 128 * 1024
"""The most bytes that are read of a peer before it has said what is wanted."""

_IDLE_MESSAGES = 32
_ALERT, _HANDSHAKE = 21, 22
_HTTP = b"HTTP"
_TYPES = frozenset({20, _ALERT, _HANDSHAKE, 23})
_HELLO_REQUEST, _SERVER_HELLO, _TICKET, _CERTIFICATE, _DONE = 0, 2, 4, 11, 14
_SUPPORTED_VERSIONS = 43
_WARNING, _CLOSE_NOTIFY = 1, 0
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
    22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure",
    41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate",
    44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
    51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
    71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
    90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 112: "unrecognized_name", 116: "certificate_required",
    120: "no_application_protocol",
}  # fmt: skip


class TlsFault(Exception):  # noqa: N818 - it says what is wrong with bytes
    """Says that what came is no TLS; ``code`` is one of a closed set of words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ServerHello(Struct, frozen=True):
    """What a server chose, by number; ``retry`` says that it asks for another key share."""

    version: int
    suite: int
    retry: bool


class _Cursor:
    """Reads forward in bytes and never past their end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise TlsFault("short")
        found = self._data[self._at : end]
        self._at = end
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))

    def more(self) -> bool:
        return self._at < len(self._data)


class Flight:
    """A server's first flight; fed as bytes come, in pieces of any size.

    ``hello``, ``alert`` (its name) and ``chain`` (DER, the server's own first) are what was seen
    so far; ``done`` says that the flight is over, or goes on encrypted.
    """

    def __init__(self) -> None:
        self.hello: ServerHello | None = None
        self.alert: str | None = None
        self.chain: tuple[bytes, ...] = ()
        self.done = False
        self._raw = bytearray()
        self._messages = bytearray()
        self._came = 0
        self._idle = 0

    def feed(self, data: bytes) -> None:
        """Read on; raises ``TlsFault`` for what is no TLS or beyond a bound."""
        self._came += len(data)
        if self._came > FLIGHT_CAP:
            raise TlsFault("flood")
        self._raw += data
        while not self.done and self.alert is None and self._record():
            pass

    def _record(self) -> bool:
        """Read one record, if it is whole; its head is judged as soon as it came."""
        raw = self._raw
        if raw and raw[0] not in _TYPES:
            # The same is said however the bytes were cut: what may become HTTP is waited for.
            if len(raw) < len(_HTTP) and _HTTP.startswith(raw):
                return False
            raise TlsFault("plain_http" if raw.startswith(_HTTP) else "not_tls")
        if len(raw) < 5:  # noqa: PLR2004 - type, version, length
            return False
        if raw[1] != 3:  # noqa: PLR2004 - every version from SSL 3.0 on
            raise TlsFault("not_tls")
        length = int.from_bytes(raw[3:5], "big")
        if length > RECORD_CAP:
            raise TlsFault("record_length")
        if len(raw) < 5 + length:
            return False
        kind, content = raw[0], bytes(raw[5 : 5 + length])
        del raw[: 5 + length]
        if kind == _ALERT:
            self._alert(content)
        elif kind == _HANDSHAKE:
            self._handshake(content)
        elif self.hello is None:
            raise TlsFault("order")
        else:
            self.done = True
        return True

    def _alert(self, content: bytes) -> None:
        if len(content) != 2:  # noqa: PLR2004 - level and description
            raise TlsFault("alert_length")
        level, number = content
        if level == _WARNING and number != _CLOSE_NOTIFY:
            self._pass_over()
        else:
            self.alert = _ALERTS.get(number, str(number))

    def _pass_over(self) -> None:
        self._idle += 1
        if self._idle > _IDLE_MESSAGES:
            raise TlsFault("flood")

    def _handshake(self, content: bytes) -> None:
        if not content:
            self._pass_over()
        self._messages += content
        while not self.done and len(self._messages) >= 4:  # noqa: PLR2004 - type and length
            length = int.from_bytes(self._messages[1:4], "big")
            if length > CERTIFICATES_CAP:
                raise TlsFault("message_length")
            if len(self._messages) < 4 + length:
                return
            kind, body = self._messages[0], bytes(self._messages[4 : 4 + length])
            del self._messages[: 4 + length]
            self._message(kind, body)

    def _message(self, kind: int, body: bytes) -> None:
        if kind in (_HELLO_REQUEST, _TICKET):
            self._pass_over()
        elif self.hello is None:
            if kind != _SERVER_HELLO:
                raise TlsFault("order")
            self.hello = _server_hello(body)
        elif kind == _CERTIFICATE and not self.chain:
            self.chain = _certificates(body)
        elif kind == _DONE:
            self.done = True
        else:
            self._pass_over()


def _server_hello(body: bytes) -> ServerHello:
    cursor = _Cursor(body)
    version = cursor.number(2)
    random = cursor.take(32)
    cursor.vector(1)
    suite = cursor.number(2)
    cursor.number(1)
    if cursor.more():
        extensions = _Cursor(cursor.vector(2))
        while extensions.more():
            number, content = extensions.number(2), _Cursor(extensions.vector(2))
            if number == _SUPPORTED_VERSIONS:
                version = content.number(2)
    if cursor.more():
        raise TlsFault("trailing")
    return ServerHello(version, suite, random == _RETRY)


def _certificates(body: bytes) -> tuple[bytes, ...]:
    inside = _Cursor(_Cursor(body).vector(3))
    found: list[bytes] = []
    while inside.more():
        found.append(inside.vector(3))
    return tuple(found)
