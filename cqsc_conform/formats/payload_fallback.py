r"""JSON Schema judged by ``jsonschema``, made to agree with ``jsonschema_rs``.

Left alone, that library lets ``$`` match before a last line feed, takes digits of any script
for ``\d``, checks few formats, and leaves ``$ref`` out of its paths.
"""

import ipaddress
import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from cqsc_conform.formats.times import TimeProblem, read_date, read_date_time

__all__ = ["Refused", "Validator"]

Steps = tuple[str | int, ...]


class Refused(ValueError):  # noqa: N818 - as SchemaInvalid, which it becomes
    """Says why a schema cannot be used."""

    def __init__(self, code: str, path: Steps = ()) -> None:
        super().__init__(code, path)
        self.code = code
        self.path = path


_RFC_3339 = re.compile(r"[^,]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}[^,]*(?:Z|[+-][0-9]{2}:[0-9]{2})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")


def _is_date(text: str) -> bool:
    return not isinstance(read_date(text), TimeProblem)


def _is_date_time(text: str) -> bool:
    # RFC 3339 has leap seconds, small letters, -00:00; it has no reduced precision.
    text = re.sub(r"-00:00$", "Z", text.upper())
    found = read_date_time(text) if _RFC_3339.fullmatch(text) else TimeProblem.SHAPE
    return found is TimeProblem.LEAP_SECOND or not isinstance(found, TimeProblem)


def _is_address(kind: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            return bool(kind(text)) and "%" not in text
        except ValueError:
            return False

    return holds


def _is_uri(text: str) -> bool:
    try:
        return bool(_URI.fullmatch(text) and urlsplit(text))
    except ValueError:
        return False


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "ipv4": _is_address(ipaddress.IPv4Address),
    "ipv6": _is_address(ipaddress.IPv6Address),
    "uri": _is_uri,
    "uuid": lambda text: bool(_UUID.fullmatch(text) and uuid.UUID(text)),
}
_CHECKER = jsonschema.FormatChecker(formats=())
for _name, _holds in _FORMATS.items():
    _CHECKER.checks(_name)(lambda value, holds=_holds: not isinstance(value, str) or holds(value))

# ECMA-262 patterns of schemas: ASCII classes, and an end that is the end.
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?[=!<]|\$|[^\\\[$(]+|.", re.DOTALL)


def _pattern(text: str) -> re.Pattern[str]:
    parts = _TOKEN.findall(text)
    if any(part.startswith("(?") or re.fullmatch(r"\\[1-9kpP]", part) for part in parts):
        raise Refused("pattern")
    try:
        return re.compile("".join(r"\Z" if part == "$" else part for part in parts), re.ASCII)
    except re.error:
        raise Refused("pattern") from None


def _matches(validator: Any, pattern: str, value: object, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
    if validator.is_type(value, "string") and not _pattern(pattern).search(str(value)):
        yield ValidationError("pattern")


def _required(validator: Any, names: Any, value: Any, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
    if validator.is_type(value, "object"):
        # The message is ours, so it may carry the name.
        yield from (ValidationError(name) for name in names if name not in value)


def _dependent(validator: Any, needs: Any, value: Any, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
    if validator.is_type(value, "object"):
        for name in needs:
            if name in value:
                yield from _required(validator, needs[name], value, _)


def _multiple(validator: Any, unit: float, value: Any, _: object) -> Iterator[ValidationError]:  # noqa: ANN401
    if validator.is_type(value, "number"):
        # As written in decimal: 19.99 is a multiple of 0.01.
        exact = math.isfinite(value) if isinstance(value, float) else True
        if not exact or Fraction(str(value)) % Fraction(str(unit)):
            yield ValidationError("multipleOf")


def _reference(*args: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    for error in jsonschema.Draft202012Validator.VALIDATORS["$ref"](*args) or ():
        error.schema_path.appendleft("$ref")  # the library itself adds every other word
        yield error


_Machine = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        "pattern": _matches,
        "required": _required,
        "dependentRequired": _dependent,
        "multipleOf": _multiple,
        "$ref": _reference,
    },
)

_DATA = frozenset({"const", "enum", "default", "examples"})
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})


def _words(schema: object, path: Steps = (), *, named: bool = False) -> Iterator[tuple[Steps, Any]]:
    """Walk over every keyword of a schema and of the schemas in it."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from _words(part, (*path, index))
    elif isinstance(schema, Mapping):
        for word, value in schema.items():
            here = (*path, word)
            if not named:
                yield here, value
            if named or word not in _DATA:
                yield from _words(value, here, named=not named and word in _NAMED)


def _refuse_unchecked(schema: object) -> None:
    """Refuse formats that would go unchecked and patterns that would mean something else."""
    for path, value in _words(schema):
        if path[-1] == "format" and isinstance(value, str) and value not in _FORMATS:
            raise Refused("format_unknown", path)
        if path[-1] == "pattern" and isinstance(value, str):
            try:
                _pattern(value)
            except Refused:
                raise Refused("pattern", path) from None


def _follow_all(schema: object, resolver: Any, code: str) -> None:  # noqa: ANN401
    """Follow every reference once, so that none can fail while judging."""
    for path, value in _words(schema):
        if path[-1] == "$ref" and isinstance(value, str):
            try:
                resolver.lookup(value)
            except Unresolvable:
                raise Refused(code) from None


class Validator:
    """Judges with ``jsonschema``."""

    def __init__(self, schema: Any, registry: Mapping[str, Any]) -> None:  # noqa: ANN401
        try:
            for part in (schema, *registry.values()):
                _refuse_unchecked(part)
                _Machine.check_schema(part)
            known: Registry[Any] = Registry().with_resources(
                (uri, Resource.from_contents(part, default_specification=DRAFT202012))
                for uri, part in registry.items()
            )
        except SchemaError as error:
            raise Refused("schema_invalid", tuple(error.absolute_path)) from None
        except RecursionError:
            raise Refused("schema_invalid") from None
        self._machine = _Machine(schema, registry=known, format_checker=_CHECKER)
        root = Resource.from_contents(schema, default_specification=DRAFT202012)
        for uri, part in registry.items():
            _follow_all(part, known.resolver(uri), "registry")
        _follow_all(schema, known.resolver_with_root(root), "reference")

    def is_valid(self, document: object) -> bool:
        """Say whether a payload keeps to the schema."""
        return bool(self._machine.is_valid(document))

    def faults(self, document: object) -> Iterator[tuple[Steps, Steps, str, str]]:
        """Give (place, way through the schema, keyword, missing member) of each fault."""
        for error in self._machine.iter_errors(document):
            word = "false" if error.validator is None else str(error.validator)
            path = tuple(error.absolute_schema_path)
            if word in ("minContains", "maxContains"):
                path = (*path[:-1], word)
            member = error.message if word in ("required", "dependentRequired") else ""
            yield tuple(error.absolute_path), path, word, member
