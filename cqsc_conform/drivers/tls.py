"""TLS driven from memory, so that no peer outlives the deadline of the exchange.

A handshake on a socket waits anew for every record, and a peer that floods it with
HelloRequest is never late.  Here every byte comes through ``Wire.recv`` under one deadline.
"""

import hashlib
import ssl
from pathlib import Path

from msgspec import Struct

from cqsc_conform.drivers.net import Wire
from cqsc_conform.drivers.tls_trouble import handshake_trouble, record_trouble
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.model.text import Scalar

__all__ = ["Files", "Sealed", "context_of"]

HANDSHAKE_CAP = 256 * 1024
"""The most bytes of a peer's handshake; a chain of ten large certificates stays below a tenth."""

_READ = 65_536
_DER = 2
"""How the object inside is asked for DER."""

_LONG_FORM = 0x80


class Files(Struct, frozen=True):
    """Files of an endpoint or identity; ``where`` is their place in the target file."""

    where: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def context_of(files: Files) -> ssl.SSLContext:
    """Make the client side of TLS: own CA file or the system's, own certificate or none.

    :raises KitError: ``http.ca_unreadable``, ``http.certificate_unreadable`` (you).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.options |= ssl.OP_NO_RENEGOTIATION
    if files.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cafile=files.ca)
        except OSError:
            where = f"{files.where}.ca"
            raise KitError("http.ca_unreadable", where=where, file=files.ca) from None
    if files.certificate is not None:
        try:
            # Without the callable a key under a passphrase would ask on the terminal.
            context.load_cert_chain(files.certificate, files.key, password=lambda: "")
        except (OSError, ValueError):
            raise KitError(
                "http.certificate_unreadable", where=files.where, file=files.certificate
            ) from None
    return context


class Sealed:
    """A TLS connection; a ``Channel`` like the wire under it."""

    __slots__ = ("_in", "_object", "_out", "_own_ca", "_wire", "ragged")

    def __init__(
        self, wire: Wire, context: ssl.SSLContext, server_name: str, *, own_ca: bool
    ) -> None:
        self._wire = wire
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=server_name)
        self._own_ca = own_ca
        self.ragged = False

    def handshake(self, deadline: float) -> dict[str, Scalar]:
        """Agree with the peer; give the facts of what was agreed.

        :raises ProbeFailed: ``http.tls_…``.
        :raises TimeoutError: the deadline came.
        :raises ConnectionError: the peer broke the connection.
        """
        came = 0
        first = b""
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(deadline)
            except ssl.SSLError as error:
                self._farewell(deadline)
                raise handshake_trouble(error, first, own_ca=self._own_ca) from None
            else:
                self._flush(deadline)
                return self._facts()
            got = self._wire.recv(deadline)
            came += len(got)
            first = first or got[:16]
            if came > HANDSHAKE_CAP:
                raise ProbeFailed("http.tls_flood", Blame.TARGET, cap=HANDSHAKE_CAP)
            self._feed(got)

    def _facts(self) -> dict[str, Scalar]:
        certificate = self._object.getpeercert(binary_form=True) or b""
        cipher = self._object.cipher()
        return {
            "tls_version": self._object.version(),
            "tls_cipher": cipher[0] if cipher else None,
            "tls_certificate_sha256": hashlib.sha256(certificate).hexdigest(),
            "tls_key_sha256": hashlib.sha256(_public_key(certificate)).hexdigest(),
        }

    def chain(self) -> tuple[bytes, ...]:
        """Give the certificates that the peer showed, in DER, its own first.

        Where Python keeps the others to itself there is only the peer's own.
        """
        # Before Python 3.13 the chain is known to the object inside alone.
        for holder in (self._object, getattr(self._object, "_sslobj", None)):
            chain = getattr(holder, "get_unverified_chain", None)
            if chain is not None:
                return tuple(
                    each if isinstance(each, bytes) else each.public_bytes(_DER)
                    for each in chain() or ()
                )
        own = self._object.getpeercert(binary_form=True)
        return (own,) if own else ()

    def _feed(self, got: bytes) -> None:
        if got:
            self._in.write(got)
        else:
            self._in.write_eof()

    def _flush(self, deadline: float) -> bool:
        return not self._out.pending or self._wire.send(self._out.read(), deadline)

    def _farewell(self, deadline: float) -> None:
        try:
            self._flush(deadline)
        except OSError:
            return

    def send(self, data: bytes, deadline: float) -> bool:
        """Send all; False says that the peer answered or left before it took everything."""
        try:
            self._object.write(data)
        except ssl.SSLError as error:
            raise record_trouble(error) from None
        return self._flush(deadline)

    def recv(self, deadline: float) -> bytes:
        """Give what came, at least one byte; ``b""`` at the end of the stream."""
        while True:
            try:
                return self._object.read(_READ)
            except ssl.SSLWantReadError:
                self._flush(deadline)
            except ssl.SSLEOFError:
                self.ragged = True
                return b""
            except ssl.SSLError as error:
                raise record_trouble(error) from None
            self._feed(self._wire.recv(deadline))

    def waiting(self) -> int | None:
        """Count the bytes that lie unasked-for; None says that the peer is gone.

        Session tickets arrive unasked for after a TLS 1.3 handshake and are no bytes of HTTP.
        """
        try:
            if (got := self._wire.take()) is not None:
                self._feed(got)
            return len(self._object.read(_READ)) or None
        except ssl.SSLWantReadError:
            return 0
        except OSError:
            return None

    def close(self) -> None:
        """Let go, at once and without a word to the peer."""
        self._wire.close()


def _public_key(certificate: bytes) -> bytes:
    """Find SubjectPublicKeyInfo in a certificate (RFC 5280 section 4.1); empty where none is."""
    try:
        at, _ = _into(certificate, 0)
        at, _ = _into(certificate, at)
        # version is optional and tagged [0]; then serial, signature, issuer, validity, subject
        for _ in range(6 if certificate[at] == 0xA0 else 5):  # noqa: PLR2004 - the tag [0]
            _, at = _into(certificate, at)
        return certificate[at : _into(certificate, at)[1]]
    except IndexError:
        return b""


def _into(data: bytes, at: int) -> tuple[int, int]:
    """Read the head of a DER value at ``at``: where its content begins and ends."""
    length = data[at + 1]
    begin = at + 2
    if length & _LONG_FORM:
        count = length - _LONG_FORM
        length = int.from_bytes(data[begin : begin + count], "big")
        begin += count
    return begin, begin + length
