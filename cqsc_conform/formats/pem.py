"""PEM text (RFC 7468): Base64 between two lines that say what it is."""

import base64

__all__ = ["pem_of"]

_COLUMNS = 64


def pem_of(label: str, data: bytes) -> bytes:
    """Write bytes as PEM."""
    body = base64.b64encode(data).decode("ascii")
    lines = [body[at : at + _COLUMNS] for at in range(0, len(body), _COLUMNS)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()
