"""What an operation, default or mapped, must be beyond its shape."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from cqsc_conform.catalog.gate import Problems
from cqsc_conform.formats.mqtt import MQTT_3_1_1, filter_fault
from cqsc_conform.formats.places import PathPart
from cqsc_conform.formats.pointer import parse_pointer
from cqsc_conform.formats.templates import TemplateFault, fields
from cqsc_conform.model.operation import ElementAt, Operation, OperationMap, Paging, Parameter

__all__ = [
    "CHARSETS",
    "SECRET_NAME",
    "hides",
    "inspect_charset",
    "inspect_operation",
    "inspect_pointer",
    "names_secret",
]

CHARSETS: Mapping[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
"""Charsets that a target may name; the older Chinese ones are read by their superset."""

SECRET_NAME = re.compile(
    r"secret|passw|token|api[-_]?key|access[-_]?key|private|credential|authorization|cookie",
    re.IGNORECASE,
)
"""Names under which credentials stand."""

_METHOD = re.compile(r"[A-Z][A-Z-]{0,19}")
Path: TypeAlias = tuple[PathPart, ...]
Located: TypeAlias = Iterator[tuple[Path, str]]


def hides(path: Sequence[PathPart]) -> bool:
    """Tell whether a value at this place of a target file is never repeated in a message."""
    return any(
        isinstance(part, str)
        and (part in ("identities", "codecs", "endpoints") or SECRET_NAME.search(part))
        for part in path
    )


def inspect_operation(
    given: Operation | OperationMap, path: Path, problems: Problems, *, topics: bool = False
) -> None:
    """Check method, path, charset and pointers, and that no credential stands in a mapping.

    ``topics`` says that a path may be a template of MQTT topics.
    """
    if isinstance(given.method, str) and _METHOD.fullmatch(given.method) is None:
        problems.add("load.method", (*path, "method"), found=given.method[:20])
    if isinstance(given.path, str):
        if given.method == "PUBLISH" or (topics and not given.path.startswith("/")):
            _topic(given.path, (*path, "path"), problems)
        else:
            _operation_path(given.path, (*path, "path"), problems)
    if isinstance(given.charset, str):
        inspect_charset(given.charset, (*path, "charset"), problems)
    for at, pointer in _pointers(given):
        inspect_pointer(pointer, (*path, *at), problems)
    if given.members is True and given.items is None:
        # UNSET leaves the profile's own pointer in force; only null takes it away.
        problems.add("load.members_nowhere", (*path, "members"))
    for part in ("headers", "constants"):
        for name in _mapping(given, part):
            if SECRET_NAME.search(name):
                problems.add("load.credential_here", (*path, part, name), key=True, name=name)


def inspect_charset(name: str, path: Path, problems: Problems) -> None:
    """Check that a charset is one that the kit reads."""
    if name.lower() not in CHARSETS:
        problems.add("load.charset", path, found=name[:60], allowed=" | ".join(CHARSETS))


def inspect_pointer(pointer: str, path: Path, problems: Problems) -> None:
    """Check that a string is a JSON Pointer."""
    try:
        parse_pointer(pointer)
    except ValueError:
        found = "…" if hides(path) else pointer[:60]
        problems.add("load.pointer", path, found=found)


def names_secret(query: str) -> bool:
    """Tell whether a query string has a parameter under whose name credentials stand."""
    return any(SECRET_NAME.search(part.partition("=")[0]) for part in query.split("&"))


def _operation_path(text: str, path: Path, problems: Problems) -> None:
    if not text.startswith("/") or re.search(r"[\s\\#]", text):
        problems.add("load.operation_path", path, found=text.partition("?")[0][:60])
        return
    if names_secret(text.partition("?")[2]):
        problems.add("load.credential_here", path, name="path")
    try:
        fields(text)
    except TemplateFault as fault:
        problems.add("load.template", path, name=fault.name[:60])


def _topic(text: str, path: Path, problems: Problems) -> None:
    try:
        bare = text
        for name in fields(text):
            bare = bare.replace("{" + name + "}", "x")
    except TemplateFault as fault:
        problems.add("load.template", path, name=fault.name[:60])
        return
    if filter_fault(bare, MQTT_3_1_1) is not None or not text.isprintable():
        problems.add("load.operation_path", path, found=text[:60])


def _mapping(given: Operation | OperationMap, part: str) -> Mapping[str, object]:
    value = getattr(given, part)
    return value if isinstance(value, dict) else {}


def _pointers(given: Operation | OperationMap) -> Located:
    for name in ("items", "item", "total"):
        value = getattr(given, name)
        if isinstance(value, str):
            yield (name,), value
    if isinstance(given.paging, Paging) and given.paging.style == "cursor":
        yield ("paging", "cursor"), given.paging.cursor
    yield from _of_elements(given)
    for name, parameter in _mapping(given, "parameters").items():
        if isinstance(parameter, Parameter) and parameter.name.startswith("/"):
            yield ("parameters", name, "name"), parameter.name
    for name in _mapping(given, "constants"):
        if name.startswith("/"):
            yield ("constants", name), name


def _of_elements(given: Operation | OperationMap) -> Located:
    for name, element in _mapping(given, "elements").items():
        if isinstance(element, ElementAt):
            yield ("elements", name, "at"), element.at
            for member, at in element.each.items():
                yield ("elements", name, "each", member), at
        elif isinstance(element, str):
            yield ("elements", name), element
