"""Reading what a vendor hands over, strictly and under bounds."""

import re
from typing import Any

from cqsc_conform.errors import KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.yaml_strict import read_yaml

__all__ = ["MAX_BYTES", "read_document", "text_of"]

MAX_BYTES = 4 * 1024 * 1024
_STATUS_KEY = re.compile(rb"^([ ]*)([1-5][0-9]{2})([ ]*:(?:[ ]|\r?$))", re.MULTILINE)


def read_document(data: bytes, name: str) -> dict[str, Any]:
    """Read a JSON or YAML object.

    A status code that stands as a bare YAML key, as many documents have it, is taken for the
    string that OpenAPI says it is.

    :raises KitError: ``target.source_json``, ``target.source_object``, or as ``read_yaml`` does.
    """
    value: Any
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        try:
            value = read_json(data.removeprefix(b"\xef\xbb\xbf"))
        except JsonFault as fault:
            where = f"{name}:{data[: fault.offset].count(10) + 1}"
            raise KitError("target.source_json", where=where, fault=fault.code) from None
    else:
        value = read_yaml(_STATUS_KEY.sub(rb'\1"\2"\3', data), name).value
    if not isinstance(value, dict):
        raise KitError("target.source_object", where=name)
    return value


def text_of(data: bytes, name: str) -> str:
    """Read text, UTF-8.

    :raises KitError: ``target.source_text``.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{name}:{data[: error.start].count(10) + 1}"
        raise KitError("target.source_text", where=where) from None
