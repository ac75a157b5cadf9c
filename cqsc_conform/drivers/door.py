"""The way to one endpoint: directly or through its proxy, in the clear or sealed."""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from cqsc_conform.drivers.framing import Arrival, Stream
from cqsc_conform.drivers.links import Link
from cqsc_conform.drivers.net import Wire
from cqsc_conform.drivers.response import read_response
from cqsc_conform.drivers.site import Site, site_of
from cqsc_conform.drivers.tls import Files, Sealed, context_of
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.target import Endpoint, Mutual

__all__ = ["Door", "reach"]

_PROXY_HEAD_CAP = 16 * 1024
_SUCCESS = range(200, 300)


class Door:
    """Opens connections to an endpoint; its files are read when it is made.

    No proxy is taken from the environment: only the endpoint's own.  ``where`` is the
    endpoint's place in the target file, ``folder`` that file's folder.

    :raises KitError: a URL or file of the target file cannot be used.
    """

    __slots__ = (
        "_contexts", "_files", "_lock", "_own_ca", "_proxy", "_server_name", "_site", "authority",
    )  # fmt: skip

    def __init__(self, where: str, endpoint: Endpoint, folder: Path) -> None:
        self._site = site_of(endpoint.url, where)
        self._proxy = site_of(endpoint.proxy, f"{where}.proxy") if endpoint.proxy else None
        self._server_name = endpoint.server_name or self._site.host
        self._own_ca = endpoint.ca is not None
        self._contexts: dict[Mutual | None, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._files = Files(
            where,
            folder / endpoint.ca if endpoint.ca else None,
            folder / endpoint.client_certificate if endpoint.client_certificate else None,
            folder / endpoint.client_key if endpoint.client_key else None,
        )
        self.authority = self._site.authority
        self.prepare(None)

    def prepare(self, mutual: Mutual | None) -> None:
        """Read the files of an identity's client certificate, or the endpoint's own.

        :raises KitError: ``http.ca_unreadable``, ``http.certificate_unreadable`` (you).
        """
        if self._site.secure:
            self._context(mutual)

    def form(self, target: str) -> str:
        """Give a request-target the form that the next hop wants (RFC 9112 section 3.2)."""
        if self._proxy is None or self._site.secure:
            return target
        return f"http://{self.authority}{target}"

    def open(
        self,
        soon: float,
        deadline: float,
        now: Callable[[], float],
        mutual: Mutual | None = None,
    ) -> Link:
        """Open a connection: TCP by ``soon``, all by ``deadline``; ``mutual`` names own files.

        :raises ProbeFailed: a code of ``net``, ``tls_trouble`` or ``http.proxy_refused``.
        :raises OSError: the peer broke the connection, or was late.
        """
        if not self._site.secure:
            return Link((self._proxy or self._site).connect(soon, now), now, {})
        wire = reach(self._site, self._proxy, soon, deadline, now)
        try:
            sealed = Sealed(wire, self._context(mutual), self._server_name, own_ca=self._own_ca)
            return Link(sealed, now, sealed.handshake(deadline))
        except BaseException:
            wire.close()
            raise

    def _context(self, mutual: Mutual | None) -> ssl.SSLContext:
        with self._lock:
            if mutual not in self._contexts:
                files = self._files
                if mutual is not None:
                    files = Files(files.where, files.ca, Path(mutual.certificate), Path(mutual.key))
                self._contexts[mutual] = context_of(files)
            return self._contexts[mutual]


def reach(
    site: Site, proxy: Site | None, soon: float, deadline: float, now: Callable[[], float]
) -> Wire:
    """Open the way to a site's first byte: TCP by ``soon``, a proxy's tunnel by ``deadline``.

    :raises ProbeFailed: a code of ``net``, or ``http.proxy_refused``.
    :raises OSError: the peer broke the connection, or was late.
    """
    wire = (proxy or site).connect(soon, now)
    if proxy is not None:
        try:
            _tunnel(wire, site, deadline, now)
        except BaseException:
            wire.close()
            raise
    return wire


def _tunnel(wire: Wire, site: Site, deadline: float, now: Callable[[], float]) -> None:
    where = f"{site.host}:{site.port}"
    stream = Stream(wire, now)
    stream.begin(deadline)
    wire.send(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode(), deadline)
    seen = Arrival()
    read_response(stream, "CONNECT", _PROXY_HEAD_CAP, 0, seen)
    if seen.status not in _SUCCESS:
        raise ProbeFailed("http.proxy_refused", Blame.NETWORK, status=seen.status)
