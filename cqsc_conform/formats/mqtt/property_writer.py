"""Writes a set of properties (MQTT 5.0, section 2.2.2), in the order of their identifiers."""

from cqsc_conform.formats.mqtt.properties import NONE, PROPERTIES, Properties, Property
from cqsc_conform.formats.mqtt.writer import (
    EncodeFault,
    binary,
    fits,
    string,
    variable_byte_integer,
)

__all__ = ["write_properties"]


def write_properties(properties: Properties) -> bytes:
    """Write the property length, and the properties that are present behind it.

    :raises EncodeFault: when a value has no room on the wire.
    """
    if properties == NONE:
        return b"\x00"
    parts: list[bytes] = []
    for known in PROPERTIES.values():
        value = getattr(properties, known.name)
        if value is None:
            continue
        values = value if known.repeats else (value,)
        parts += [bytes((known.identifier,)) + _value(known, each) for each in values]
    written = b"".join(parts)
    return variable_byte_integer(len(written)) + written


def _value(known: Property, value: object) -> bytes:
    match value:
        case str():
            return string(value, known.name)
        case bytes():
            return binary(value, known.name)
        case (str() as name, str() as text):
            return string(name, known.name) + string(text, known.name)
        case int() if known.kind == "variable":
            return variable_byte_integer(value)
        case int():
            size = {"byte": 1, "two": 2, "four": 4}[known.kind]
            fits(value, (1 << 8 * size) - 1, known.name)
            return value.to_bytes(size, "big")
    raise EncodeFault("number", known.name)
