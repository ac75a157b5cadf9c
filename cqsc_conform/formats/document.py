"""Documents that vendors hand over: whether one is what it says, and what it holds.  Pure."""

from typing import Any

from cqsc_conform.errors import KitError
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.yaml_strict import read_yaml
from cqsc_conform.model.evidence import Document, MediaType

__all__ = ["document_fault", "value_of"]

_PDF = b"%PDF-"


def document_fault(media_type: MediaType, data: bytes) -> str | None:
    """Say by which code bytes are not what their media type says; None where they are."""
    if media_type == "application/pdf":
        return None if data.startswith(_PDF) else "pdf_header"
    try:
        _read(media_type, data)
    except JsonFault as fault:
        return fault.code
    except KitError as fault:
        return fault.code
    except UnicodeDecodeError:
        return "utf8"
    return None


def value_of(document: Document) -> Any:  # noqa: ANN401 - JSON is any
    """Read a document: JSON and YAML as JSON values, text as a string, a PDF as ``MISSING``.

    What redaction masked reads as asterisks.  A document that does not read any more, by what
    was masked in it, is ``MISSING`` too.
    """
    if document.media_type == "application/pdf":
        return MISSING
    try:
        return _read(document.media_type, document.content.data)
    except (JsonFault, KitError, UnicodeDecodeError):
        return MISSING


def _read(media_type: MediaType, data: bytes) -> Any:  # noqa: ANN401 - JSON is any
    match media_type:
        case "application/json":
            return read_json(data)
        case "application/yaml":
            return read_yaml(data, "document").value
        case _:
            return data.decode()
