"""Between the model and bytes: strict decoding, canonical and readable encoding."""

from typing import Any, TypeVar, get_args

import msgspec

from cqsc_conform.model.probe import Node

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="deterministic")
VERBS = frozenset(node.__struct_config__.tag for node in get_args(Node))


def to_builtins(value: object) -> Any:  # noqa: ANN401 - JSON is any
    """Turn a model value into plain JSON values; bytes become base64 text."""
    return msgspec.to_builtins(value)


def encode(value: object) -> bytes:
    """Encode on one line, keys in a fixed order."""
    return _encoder.encode(value)


def encode_readable(value: object) -> bytes:
    """Encode for people: indented, keys as the model orders them, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def decode(data: bytes, kind: type[T]) -> T:
    """Decode strictly; raises ``msgspec.DecodeError`` or ``msgspec.ValidationError``."""
    return msgspec.json.decode(data, type=kind)


def nodes_from_yaml(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Turn nodes as YAML writes them, ``{verb: {…}}``, into tagged mappings.

    Works on any tree of plain values.  Only a mapping with one key that is a verb is a node.
    """
    if isinstance(value, list):
        return [nodes_from_yaml(each) for each in value]
    if isinstance(value, dict):
        inner = {key: nodes_from_yaml(each) for key, each in value.items()}
        if len(inner) == 1:
            ((key, body),) = inner.items()
            if key in VERBS:
                if isinstance(body, list):
                    return {"verb": key, "do": body}
                if isinstance(body, dict):
                    return {"verb": key, **body}
        return inner
    return value


def convert(value: object, kind: type[T]) -> T:
    """Validate plain values into the model; raises ``msgspec.ValidationError``."""
    return msgspec.convert(value, type=kind)
