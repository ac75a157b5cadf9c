"""Writes the data types of MQTT (section 1.5), refusing only what the wire has no room for.

Every function takes the field's name for its fault, and raises :class:`EncodeFault`.
"""

from cqsc_conform.formats.mqtt.properties import MAX_SUBSCRIPTION_IDENTIFIER

__all__ = ["EncodeFault", "binary", "byte", "fits", "string", "two", "variable_byte_integer"]

_MAX_STRING = 0xFFFF


class EncodeFault(ValueError):  # noqa: N818 - it names what does not fit
    """Says which field has no room on the wire.

    Codes: ``number``, ``string`` (over 65,535 octets, or half a surrogate pair), ``packet``
    (over 268,435,455 octets), ``version`` (the packet or field is unknown to it).
    """

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field


def variable_byte_integer(value: int) -> bytes:
    """Write a number in the fewest octets (MQTT-1.5.5-1).

    :raises EncodeFault: ``number``, beyond 268,435,455.
    """
    if not 0 <= value <= MAX_SUBSCRIPTION_IDENTIFIER:
        raise EncodeFault("number", "variable_byte_integer")
    octets = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits an octet
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def fits(value: int, highest: int, field: str) -> None:
    """Insist that a number is between zero and the highest that there is room for."""
    if not 0 <= value <= highest:
        raise EncodeFault("number", field)


def byte(value: int, field: str) -> bytes:
    """Write one octet."""
    fits(value, 0xFF, field)
    return bytes((value,))


def two(value: int, field: str) -> bytes:
    """Write a two byte integer."""
    fits(value, 0xFFFF, field)
    return value.to_bytes(2, "big")


def binary(value: bytes, field: str) -> bytes:
    """Write binary data behind its two octets of length."""
    if len(value) > _MAX_STRING:
        raise EncodeFault("string", field)
    return len(value).to_bytes(2, "big") + value


def string(value: str, field: str) -> bytes:
    """Write a UTF-8 encoded string."""
    try:
        return binary(value.encode(), field)
    except UnicodeEncodeError:
        raise EncodeFault("string", field) from None
