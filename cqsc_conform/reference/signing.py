"""Signed requests as sharing gateways know them: app id, timestamp, nonce, HMAC-SHA256.

The string to sign is app id, timestamp (ms), nonce, METHOD, path and the lower-case hex SHA-256 of
the body, joined by line feeds; the signature is lower-case hex.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

DEFAULT_APP_ID = "reference-app"
DEFAULT_SECRET = "reference-secret"

_HEADERS = ("x-app-id", "x-timestamp", "x-nonce", "x-signature")
_WINDOW = timedelta(minutes=5)
_LONGEST_NONCE = 128
_MOST_NONCES = 100_000


def signature(secret: str, parts: tuple[str, str, str], method: str, path: str, body: bytes) -> str:
    """Sign a request; `parts` are app id, timestamp and nonce."""
    digest = hashlib.sha256(body).hexdigest()
    text = "\n".join((*parts, method, path, digest))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Gate:
    """Admits signed requests, each nonce once."""

    def __init__(self, app_id: str, secret: str, clock: Callable[[], datetime]) -> None:
        self._app_id = app_id
        self._secret = secret
        self._clock = clock
        self._used: dict[str, datetime] = {}

    def admits(
        self, headers: Mapping[str, str], method: str, path: str, body: bytes
    ) -> bool | None:
        """Say True for a rightly signed request, False for an unsigned, None for a wrong one."""
        if not any(name in headers for name in _HEADERS):
            return False
        app_id, stamp, nonce, signed = (headers.get(name, "") for name in _HEADERS)
        now = self._clock()
        if app_id != self._app_id or not 0 < len(nonce) <= _LONGEST_NONCE:
            return None
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) == 13):
            return None
        if abs(int(stamp) / 1000 - now.timestamp()) > _WINDOW.total_seconds():
            return None
        right = signature(self._secret, (app_id, stamp, nonce), method, path, body)
        if not hmac.compare_digest(right.encode(), signed.encode()):
            return None
        return True if self._spend(nonce, now) else None

    def _spend(self, nonce: str, now: datetime) -> bool:
        # A stamp may lie ahead by one window, so a nonce must be remembered for two.
        self._used = {n: t for n, t in self._used.items() if now - t <= 2 * _WINDOW}
        if nonce in self._used or len(self._used) >= _MOST_NONCES:
            return False
        self._used[nonce] = now
        return True
