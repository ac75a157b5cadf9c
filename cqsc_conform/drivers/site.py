"""Where an endpoint is: its URL taken apart once, its addresses pinned at first use."""

import re
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from cqsc_conform.drivers.net import Address, Wire, connect, resolve
from cqsc_conform.errors import Blame, KitError

__all__ = ["Site", "site_of"]

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[!-~]+")


class Site:
    """An origin to talk to, or a proxy.  The name is looked up once in a driver's life."""

    __slots__ = ("_lock", "_pinned", "authority", "host", "port", "secure")

    def __init__(self, host: str, port: int, *, secure: bool) -> None:
        self.host = host
        self.port = port
        self.secure = secure
        shown = f"[{host}]" if ":" in host else host
        plain = port == _PORTS["https" if secure else "http"]
        self.authority = shown if plain else f"{shown}:{port}"
        self._pinned: tuple[Address, ...] | None = None
        self._lock = threading.Lock()

    def connect(self, deadline: float, now: Callable[[], float]) -> Wire:
        """Open a TCP connection to the pinned addresses.

        :raises ProbeFailed: as ``resolve`` and ``connect`` of ``net`` do.
        """
        with self._lock:
            if self._pinned is None:
                self._pinned = resolve(self.host, self.port, deadline - now())
        return connect(self._pinned, deadline, now)


def site_of(url: str, where: str) -> Site:
    """Take a URL of a target file apart.

    :raises KitError: ``http.endpoint_url`` where it is no http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise KitError("http.endpoint_url", Blame.YOU, where=where) from None
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or parts.username is not None:
        raise KitError("http.endpoint_url", Blame.YOU, where=where)
    return Site(host, port or _PORTS[parts.scheme], secure=parts.scheme == "https")
