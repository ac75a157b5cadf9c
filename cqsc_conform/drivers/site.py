"""Where an endpoint is: its URL taken apart once, its addresses pinned at first use."""

import re
import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from cqsc_conform.drivers.net import Address, Wire, connect, resolve
from cqsc_conform.errors import Blame, KitError

__all__ = ["TLS_PORTS", "Site", "site_of"]

_PORTS = {"http": 80, "https": 443}
TLS_PORTS = {**_PORTS, "mqtt": 1883, "mqtts": 8883}
"""Schemes of endpoints whose port may be asked for TLS, each with its usual port."""

_HOST = re.compile(r"[!-~]+")


class Site:
    """An origin to talk to, or a proxy.  The name is looked up once in a driver's life."""

    __slots__ = ("_lock", "_pinned", "authority", "host", "port", "secure")

    def __init__(self, host: str, port: int, *, secure: bool) -> None:
        self.host = host
        self.port = port
        self.secure = secure
        shown = f"[{host}]" if ":" in host else host
        usual = port == _PORTS["https" if secure else "http"]
        self.authority = shown if usual else f"{shown}:{port}"
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


def site_of(url: str, where: str, ports: Mapping[str, int] = _PORTS) -> Site:
    """Take a URL of a target file apart; ``ports`` are the schemes it may have.

    :raises KitError: ``http.endpoint_url`` where it is no such URL with a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise KitError("http.endpoint_url", Blame.YOU, where=where) from None
    if parts.scheme not in ports or not _HOST.fullmatch(host) or parts.username is not None:
        raise KitError("http.endpoint_url", Blame.YOU, where=where)
    return Site(host, port or ports[parts.scheme], secure=parts.scheme == "https")
