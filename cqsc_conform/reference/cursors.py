"""Opaque cursors that are bound to what they page through."""

import base64
import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Cursors:
    """Makes and reads cursors under a key that lives as long as the server."""

    key: bytes

    def make(self, start: int, bound_to: str) -> str:
        """Give the cursor of a position (0 or more) in one data set."""
        place = start.to_bytes(4, "big")
        return base64.urlsafe_b64encode(place + self._seal(place, bound_to)).decode()

    def read(self, cursor: object, bound_to: str) -> int | None:
        """Give the position, or None for a cursor that was not made for this data set."""
        if not isinstance(cursor, str):
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor.encode())
        except ValueError:
            return None
        place, seal = raw[:4], raw[4:]
        if not hmac.compare_digest(seal, self._seal(place, bound_to)):
            return None
        return int.from_bytes(place, "big")

    def _seal(self, place: bytes, bound_to: str) -> bytes:
        return hmac.digest(self.key, place + bound_to.encode(), "sha256")[:16]
