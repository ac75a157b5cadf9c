"""Payloads judged by JSON Schema (draft 2020-12), offline.

``jsonschema_rs`` judges; where no build of it exists, ``jsonschema`` does.  Both give the same
verdict on the same payload and, but for the cases told at :class:`SchemaFault`, the same
faults.  Neither library's wording leaves this module: it changes between releases.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, Protocol

import msgspec

from cqsc_conform.formats import payload_fallback

try:
    import jsonschema_rs
except ImportError:  # a platform without a build of it
    jsonschema_rs = None  # type: ignore[assignment]

__all__ = ["Engine", "PayloadSchema", "SchemaFault", "SchemaInvalid", "compile_schema", "engine"]

Engine = Literal["jsonschema_rs", "jsonschema"]
Steps = tuple[str | int, ...]

# Below these the next step of an evaluation path is a name that the schema's author chose.
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})


class SchemaFault(msgspec.Struct, frozen=True, order=True):
    """Says where a payload breaks its schema.

    ``pointer`` is a JSON Pointer into the payload, ``evaluation_path`` one into the schema by
    the way judging took (through ``$ref``).  ``keyword`` is the schema's word; ``false``
    stands for a schema that allows nothing, ``not_json`` for a payload that JSON cannot hold
    or that is too deep to judge.  For ``required`` and
    ``dependentRequired``, ``member`` names what is missing.  Under
    the fallback a schema ``false`` is reported at the place above it.
    """

    pointer: str
    evaluation_path: str
    keyword: str
    member: str = ""


class SchemaInvalid(ValueError):  # noqa: N818 - it names what is wrong with the schema
    """Says why a schema cannot be used, and where in it where that is known.

    Codes: ``schema_invalid``, ``reference`` (it leads out of the schema and the registry),
    ``format_unknown``, ``pattern`` (one that the linear-time engine refuses: lookaround,
    back references), ``registry``.
    """

    def __init__(self, code: str, pointer: str = "") -> None:
        super().__init__(code, pointer)
        self.code = code
        self.pointer = pointer


class _Validator(Protocol):
    def is_valid(self, document: object) -> bool: ...

    def faults(self, document: object) -> Iterator[tuple[Steps, Steps, str, str]]: ...


class PayloadSchema:
    """A schema made ready; judging with it touches nothing else."""

    __slots__ = ("_validator", "engine")

    def __init__(self, validator: _Validator, engine: Engine) -> None:
        self._validator = validator
        self.engine = engine

    def is_valid(self, document: object) -> bool:
        """Say whether a decoded payload keeps to the schema."""
        try:
            return self._validator.is_valid(document)
        except (ValueError, TypeError, RecursionError):
            return False

    def faults(self, document: object, limit: int = 20) -> tuple[SchemaFault, ...]:
        """List the first faults of a decoded payload, at most ``limit``, sorted, none twice."""
        if self.is_valid(document):
            return ()
        found: dict[SchemaFault, None] = {}
        try:
            for instance, path, keyword, member in self._validator.faults(document):
                found[SchemaFault(_pointer(instance), _pointer(path), keyword, member)] = None
                if len(found) >= limit:
                    break
        except (ValueError, TypeError, RecursionError):
            return (SchemaFault("", "", "not_json"),)
        return tuple(sorted(found)) or (SchemaFault("", "", "not_json"),)


def _pointer(steps: Iterable[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


class _Rs:
    """Judges with ``jsonschema_rs``."""

    def __init__(self, schema: Mapping[str, Any] | bool, registry: Mapping[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(
            schema if isinstance(schema, bool) else dict(schema),
            validate_formats=True,
            ignore_unknown_formats=False,
            registry=jsonschema_rs.Registry(
                list(registry.items()), draft=jsonschema_rs.Draft202012
            ),
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )

    def is_valid(self, document: object) -> bool:
        return self._validator.is_valid(document)

    def faults(self, document: object) -> Iterator[tuple[Steps, Steps, str, str]]:
        for error in self._validator.iter_errors(document):
            path = tuple(error.evaluation_path)
            member = getattr(error.kind, "property", "") if error.kind.name == "required" else ""
            yield tuple(error.instance_path), path, _keyword(path, error.kind.name), member


def _keyword(path: Steps, kind: str) -> str:
    named = kind == "falseSchema" and (len(path) < 2 or path[-2] in _NAMED)  # noqa: PLR2004
    return "false" if named or not path else str(path[-1])


def engine() -> Engine:
    """Name the library that judges here, unless another is asked for."""
    return "jsonschema" if jsonschema_rs is None else "jsonschema_rs"


def compile_schema(
    schema: Mapping[str, Any] | bool,
    registry: Mapping[str, Any] | None = None,
    *,
    by: Engine | None = None,
) -> PayloadSchema:
    """Make a schema ready; ``registry`` holds the schemas it may refer to, by URI.

    ``by`` chooses one; by default it is ``jsonschema_rs`` where that is installed.
    Nothing is ever fetched.

    :raises SchemaInvalid: when the schema, or one it refers to, cannot be used.
    """
    registry = registry or {}
    by = by or engine()
    if by == "jsonschema":
        try:
            return PayloadSchema(payload_fallback.Validator(schema, registry), by)
        except payload_fallback.Refused as refused:
            raise SchemaInvalid(refused.code, _pointer(refused.path)) from None
    try:
        return PayloadSchema(_Rs(schema, registry), by)
    except jsonschema_rs.ValidationError as error:
        raise SchemaInvalid(_code(error), _pointer(error.instance_path)) from None
    except jsonschema_rs.ReferencingError:
        raise SchemaInvalid("reference") from None
    except (ValueError, TypeError, RecursionError):
        raise SchemaInvalid("registry" if registry else "schema_invalid") from None


def _code(error: Any) -> str:  # noqa: ANN401 - the library's type may be absent
    steps = list(islice(reversed(error.instance_path), 1))
    if error.kind.name == "$ref":
        return "reference"
    if error.kind.name == "format" and steps in (["pattern"], []):
        return "pattern"
    return {("format",): "format_unknown", ("pattern",): "pattern"}.get(
        tuple(steps), "schema_invalid"
    )
