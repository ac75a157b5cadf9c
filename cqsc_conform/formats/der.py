"""The few elements of DER (X.690) that keys and certificates need, read strictly and written."""

__all__ = [
    "DerFault",
    "element",
    "integer",
    "key_info_of",
    "object_id",
    "octets",
    "read",
    "sequence",
]

SEQUENCE, INTEGER, OCTETS, OBJECT_ID, BITS = 0x30, 0x02, 0x04, 0x06, 0x03
_EXPLICIT_0 = 0xA0
_LONG, _MOST_LENGTH_OCTETS = 0x80, 4


class DerFault(ValueError):  # noqa: N818 - it names a fault of the bytes
    """Says that bytes are not the DER that was expected."""


def element(tag: int, content: bytes) -> bytes:
    """Write an element."""
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE of elements."""
    return element(SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    """Write an INTEGER that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(content: bytes) -> bytes:
    """Write an OCTET STRING."""
    return element(OCTETS, content)


def object_id(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for arc in (40 * first + second, *rest):
        seven = [arc & 0x7F]
        while arc := arc >> 7:
            seven.append(arc & 0x7F | 0x80)
        out += bytes(reversed(seven))
    return element(OBJECT_ID, out)


def read(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Give the content of the element at the front, and what lies behind it.

    :raises DerFault: for another tag, a length that DER would write shorter, or too few bytes.
    """
    if len(data) < 2 or data[0] != tag:  # noqa: PLR2004 - tag and length
        raise DerFault
    start, size = 2, data[1]
    if size >= _LONG:
        count = size - _LONG
        start += count
        size = int.from_bytes(data[2:start], "big")
        shortest = (size.bit_length() + 7) // 8
        if not 0 < count <= _MOST_LENGTH_OCTETS or size < _LONG or shortest != count:
            raise DerFault
    if len(data) < start + size:
        raise DerFault
    return data[start : start + size], data[start + size :]


def key_info_of(tbs_certificate: bytes) -> bytes:
    """Give the SubjectPublicKeyInfo of a TBSCertificate, version 3 (RFC 5280, 4.1).

    :raises DerFault: when the bytes are none.
    """
    rest, behind = read(tbs_certificate, SEQUENCE)
    if behind:
        raise DerFault
    # Version, serial number, signature algorithm, issuer, validity and subject stand before it.
    for tag in (_EXPLICIT_0, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE):
        _, rest = read(rest, tag)
    content, _ = read(rest, SEQUENCE)
    return element(SEQUENCE, content)
