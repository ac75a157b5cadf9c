"""Typed redaction at recording: nothing secret leaves the driver.

What is masked keeps its length and its place; a ``Redaction`` says what it was.
"""

import hmac
import threading
from collections.abc import Iterable, Mapping, Sequence

from cqsc_conform.drivers.coding import undo
from cqsc_conform.drivers.fields import Members, cookie_spans, header_kind
from cqsc_conform.drivers.needles import Needles, Span, merged
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.model.evidence import Headers, Redaction

__all__ = ["Redactor"]

LEARNT_TOKENS = 32
LEARNT_COOKIES = 16
"""How many issued values are remembered; a hostile target issues without end."""

TELLING = 16
"""The least length of an issued value that is looked for elsewhere."""

LONGEST = 8 * 1024
"""The greatest length of an issued value that is remembered."""

_CACHED = 256
_INSIDE_CAP = 1 << 20
_GZIP = b"\x1f\x8b"
_GZIP_HEADERS = (("Content-Encoding", "gzip"),)
_NUMBER = " as a number"


class Redactor:
    """Masks known secrets in every form, and what is secret by its name.

    ``key`` is the run's own and is discarded with it: digests show which redactions hid the
    same value, and nothing more.  Values that the target issues (cookies, tokens) are known
    from then on.  Safe for parallel steps.
    """

    def __init__(
        self, secrets: Sequence[Secret], key: bytes, sensitive_fields: Sequence[str] = ()
    ) -> None:
        self._key = key
        self._members = Members(sensitive_fields)
        self._given = tuple(secrets)
        self._tokens: tuple[Secret, ...] = ()
        self._cookies: tuple[Secret, ...] = ()
        self._seen = {secret.value for secret in secrets}
        self._needles = Needles(secrets)
        self._digests = {secret.name: self._digest(secret.value) for secret in secrets}
        self._kinds: dict[str, str] = {}
        self._requests: dict[Headers, tuple[Headers, tuple[Redaction, ...]]] = {}
        self._lock = threading.Lock()

    def learn(
        self, name: str, value: bytes, *, cookie: bool = False, certain: bool = False
    ) -> None:
        """Know a value that the target issued, from now on.

        Unless it is ``certain`` to be a secret, it is passed over where it looks like a word.
        """
        telling = len(value) >= TELLING and any(map(_is_digit, value)) and b" " not in value
        if len(value) > LONGEST or not (telling or certain):
            return
        with self._lock:
            if value in self._seen:
                return
            secret = Secret(name=name, value=value)
            self._digests[name] = self._digest(value)
            if cookie:
                self._cookies = (*self._cookies, secret)[-LEARNT_COOKIES:]
                self._needles = self._needles.lightly(self._cookies)
            else:
                self._tokens = (*self._tokens, secret)[-LEARNT_TOKENS:]
                self._needles = Needles((*self._given, *self._tokens), self._cookies)
            self._seen = {each.value for each in (*self._given, *self._tokens, *self._cookies)}
            self._requests.clear()

    def body(self, part: str, data: bytes, hits: list[Redaction], *, torn: bool = False) -> bytes:
        """Mask a body; ``torn`` says that its end is missing."""
        lower = data.lower()
        found = self._members.spans(data, lower)
        self._learn(data, found)
        found += self._needles.spans(data, lower)
        if torn:
            found += self._needles.torn(data)
        if data.startswith(_GZIP) and self._packed(data):
            found = [(0, len(data), "compressed")]
        return self._mask(part, data, found, hits) if found else data

    def secrets_in(self, data: bytes, *, torn: bool = False) -> list[Span]:
        """Find the known secrets in octets that have no members, in whatever form they stand."""
        needles = self._needles
        if not needles.any:
            return []
        found = needles.spans(data, data.lower())
        return [*found, *needles.torn(data)] if torn else found

    def digest_of(self, name: str, value: bytes) -> str:
        """Digest what stood under a name by the run's key."""
        return self._digests.get(name) or self._digest(value)

    def text(self, part: str, value: str, hits: list[Redaction], *, torn: bool = False) -> str:
        """Mask a short text; what latin-1 cannot hold is taken as UTF-8."""
        if not value:
            return value
        code = "latin-1" if value.isascii() or not max(value) > "\xff" else "utf-8"
        data = value.encode(code, "surrogatepass" if code == "utf-8" else "strict")
        masked = self.body(part, data, hits, torn=torn)
        return value if masked is data else masked.decode(code, "surrogatepass")

    def named(
        self, part: str, values: Mapping[str, str], hits: list[Redaction], *, torn: bool = False
    ) -> dict[str, str]:
        """Mask named values, each a part of its own."""
        return {
            name: self.text(f"{part}.{name}", value, hits, torn=torn)
            for name, value in values.items()
        }

    def sent(self, part: str, headers: Headers, hits: list[Redaction]) -> Headers:
        """Mask the header fields of a request; most requests of an identity have the same."""
        known = self._requests.get(headers)
        if known is None:
            own: list[Redaction] = []
            known = self.headers(part, headers, own), tuple(own)
            if len(self._requests) >= _CACHED:
                self._requests.clear()
            self._requests[headers] = known
        hits += known[1]
        return known[0]

    def headers(self, part: str, headers: Headers, hits: list[Redaction]) -> Headers:
        """Mask header fields: by name, and wherever a known secret stands."""
        kinds = self._kinds
        special = False
        for name, _ in headers:
            kind = kinds.get(name)
            if kind is None:
                kind = self._kind(name)
            if kind:
                special = True
        if not special:
            joined = "\n".join([text for pair in headers for text in pair]).encode("latin-1")
            lower = joined.lower()
            if not (self._members.spans(joined, lower) or self._needles.spans(joined, lower)):
                return headers
        return tuple(
            (
                self.text(f"{part}.{at}.name", name, hits),
                self._field(f"{part}.{at}", name, value, hits),
            )
            for at, (name, value) in enumerate(headers)
        )

    def _kind(self, name: str) -> str:
        kind = header_kind(name)
        if len(self._kinds) < _CACHED:
            self._kinds[name] = kind
        return kind

    def _field(self, part: str, name: str, value: str, hits: list[Redaction]) -> str:
        kind = self._kind(name)
        data = value.encode("latin-1")
        lower = data.lower()
        found: list[Span] = []
        if kind == "scheme":
            found.append((value.find(" ") + 1, len(value), name.lower()))
        elif kind == "whole":
            found.append((0, len(value), name.lower()))
        elif kind:
            found += cookie_spans(value, first_only=kind == "set-cookie")
        if kind == "set-cookie":
            for begin, end, of in found:
                self.learn(f"issued {of}", data[begin:end], cookie=True)
        members = self._members.spans(data, lower)
        self._learn(data, members)
        found += members
        found += self._needles.spans(data, lower)
        return self._mask(part, data, found, hits).decode("latin-1") if found else value

    def _learn(self, data: bytes, found: Iterable[Span]) -> None:
        for begin, end, name in found:
            if name.lower().endswith(("token", "secret", "password", "key")):
                self.learn(f"issued {name.removeprefix('member ')}", data[begin:end])

    def _packed(self, data: bytes) -> bool:
        """Say whether compressed bytes hide a secret."""
        for _ in range(3):
            data = undo(data, _GZIP_HEADERS, _INSIDE_CAP, None).data
            if self._needles.spans(data, data.lower()):
                return True
            if not data.startswith(_GZIP):
                break
        return False

    def _digest(self, value: bytes) -> str:
        return hmac.digest(self._key, value, "sha256").hex()[:16]

    def _mask(self, part: str, data: bytes, found: list[Span], hits: list[Redaction]) -> bytes:
        masked = bytearray(data)
        for begin, end, name in merged(found):
            size = end - begin
            if not size:
                continue
            digest = self._digests.get(name) or self._digest(data[begin:end])
            hits.append(Redaction(part=part, at=begin, length=size, name=name, digest=digest))
            masked[begin:end] = _filler(size, number=name.endswith(_NUMBER))
        return bytes(masked)


def _filler(size: int, *, number: bool) -> bytes:
    """Fill a span; a number becomes a string of that length, so that JSON stays JSON."""
    if not number:
        return b"*" * size
    return b"0" if size == 1 else b'"' + b"*" * (size - 2) + b'"'


def _is_digit(byte: int) -> bool:
    return 0x30 <= byte <= 0x39  # noqa: PLR2004 - the digits of ASCII
