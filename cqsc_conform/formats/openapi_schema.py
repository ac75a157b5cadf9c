"""The schemas of OpenAPI answers as JSON Schema 2020-12, closed against what is not declared.

A schema is copied with all that it refers to, so that nothing else of the document can spoil it.
Where the document declares the members of an object and does not say that there may be others,
``unevaluatedProperties: false`` is added at the place of use: it sees through ``$ref`` and
``allOf``, while the shared schema itself stays open for those that extend it.
"""

from collections.abc import Mapping
from typing import Any

from cqsc_conform.formats.openapi import OpenApi
from cqsc_conform.formats.payload import PayloadSchema, SchemaInvalid, compile_schema
from cqsc_conform.formats.pointer import MISSING

__all__ = ["SchemaLost", "answer_schema", "self_contained"]

_MOST_NODES = 20_000
_MOST_DEPTH = 100
_MOST_WEIGHT = 2_000
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLES = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_ASSERTIONS = (
    "type", "enum", "const", "multipleOf", "maximum", "minimum", "exclusiveMaximum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
    "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired",
)  # fmt: skip
_FORMATS = frozenset({"date-time", "date", "email", "ipv4", "ipv6", "uuid", "uri", "hostname"})
# Below these a schema describes the same object as the one that holds it.
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_CLOSED = frozenset({"additionalProperties", "unevaluatedProperties"})


class SchemaLost(ValueError):  # noqa: N818 - it says what became of a schema
    """Says why a declared schema cannot be judged by.

    Codes: ``reference`` (it leads nowhere or out of the document), ``loops`` (it applies itself
    to the same value), ``too_large``, ``unusable`` (no JSON Schema, or a pattern that cannot be
    judged in linear time).
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


def answer_schema(api: OpenApi, schema: Any) -> PayloadSchema:  # noqa: ANN401 - JSON is any
    """Make the schema of an answer ready.

    :raises SchemaLost: where it cannot be used.
    """
    try:
        return compile_schema(self_contained(api, schema))
    except SchemaInvalid as fault:
        raise SchemaLost("unusable", fault.pointer) from None


def self_contained(api: OpenApi, schema: Any) -> dict[str, Any] | bool:  # noqa: ANN401 - JSON is any
    """Copy a schema with all it refers to, in the words of 2020-12, closed where it declares.

    :raises SchemaLost: ``reference``, ``loops``, ``too_large``, ``unusable``.
    """
    copying = _Copying(api)
    out: dict[str, Any] | bool = copying.schema(schema, place=True)
    waiting = copying.waiting
    while waiting:
        reference = waiting.pop()
        target = api.target(reference)
        if target is MISSING:
            raise SchemaLost("reference", reference[:120])
        copying.defs[copying.names[reference]] = copying.schema(target, place=False)
    if copying.defs:
        out = {**(out if isinstance(out, dict) else {"allOf": [out]}), "$defs": copying.defs}
    return out


class _Copying:
    """One copy under way."""

    def __init__(self, api: OpenApi) -> None:
        self.defs: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.waiting: list[str] = []
        self._api = api
        self._shapes = _Shapes(api)
        self._old = api.version == "3.0"
        self._count = 0

    def schema(self, schema: Any, *, place: bool, inner: bool = True) -> Any:  # noqa: ANN401 - JSON is any
        """Copy one schema.

        ``place`` says that it describes a whole value; ``inner`` that those of its members do.
        """
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise SchemaLost("unusable")
        self._count += 1
        if self._count > _MOST_NODES:
            raise SchemaLost("too_large")
        out = self._parts(schema, inner=inner)
        self._shapes.weigh(schema)
        if place and not _CLOSED & schema.keys() and self._shapes.declares(schema):
            out["unevaluatedProperties"] = False
        return _nullable(schema, out) if self._old else out

    def _parts(self, schema: Mapping[str, Any], *, inner: bool) -> dict[str, Any]:
        out: dict[str, Any] = {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            out["$ref"] = self._refer(reference)
            if self._old:
                return out
        if "$dynamicRef" in schema:
            raise SchemaLost("reference", str(schema["$dynamicRef"])[:120])
        out |= {key: schema[key] for key in _ASSERTIONS if key in schema}
        if schema.get("format") in _FORMATS:
            out["format"] = schema["format"]
        out |= self._maps(schema, inner=inner)
        for key in _LISTS:
            rows = schema.get(key)
            if isinstance(rows, list):
                # What several parts of an ``allOf`` say of one member is no whole description.
                deeper = inner and not (key == "allOf" and _overlap(self._api, rows))
                place = inner and key == "prefixItems"
                out[key] = [self.schema(each, place=place, inner=deeper) for each in rows]
        for key in _SINGLES:
            if key in schema:
                place = inner and key not in _IN_PLACE
                out[key] = self.schema(schema[key], place=place, inner=inner)
        _drop_write_only(schema, out)
        return _numbers(out) if self._old else out

    def _maps(self, schema: Mapping[str, Any], *, inner: bool) -> dict[str, Any]:
        """Copy what names schemas: the members of objects."""
        return {
            key: {
                name: self.schema(each, place=inner and key != "dependentSchemas", inner=inner)
                for name, each in schema[key].items()
            }
            for key in _MAPS
            if isinstance(schema.get(key), dict)
        }

    def _refer(self, reference: str) -> str:
        if reference not in self.names:
            if not reference.startswith("#"):
                raise SchemaLost("reference", reference[:120])
            self.names[reference] = f"d{len(self.names)}"
            self.waiting.append(reference)
        return f"#/$defs/{self.names[reference]}"


class _Shapes:
    """What schemas describe, found once for each: a document may refer in every direction."""

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._declares: dict[int, bool] = {}
        self._weights: dict[int, int | None] = {}

    def declares(self, schema: Any) -> bool:  # noqa: ANN401 - JSON is any
        """Tell whether a schema names an object's members, and leaves no branch open to others."""
        if not isinstance(schema, dict):
            return False
        if id(schema) not in self._declares:
            self._declares[id(schema)] = False
            self._declares[id(schema)] = self._named(schema)
        return self._declares[id(schema)]

    def _named(self, schema: dict[str, Any]) -> bool:
        named = bool(schema.get("properties"))
        if isinstance(schema.get("$ref"), str):
            named |= self.declares(self._api.target(schema["$ref"]))
        for part in _list(schema, "allOf"):
            named |= self.declares(part)
        for key in ("anyOf", "oneOf"):
            branches = [each for each in _list(schema, key) if _may_be_object(self._api, each)]
            told = [self.declares(each) for each in branches]
            if told and not all(told):
                return False
            named |= bool(told)
        return named

    def weigh(self, schema: Any, depth: int = 0) -> int:  # noqa: ANN401 - JSON is any
        """Count how often parts of a schema are applied to one value.

        :raises SchemaLost: ``loops`` where it applies itself to the same value, ``too_large``
            where that is often, or by a long way round: judging would never come to an end.
        """
        if not isinstance(schema, dict):
            return 1
        if id(schema) in self._weights:
            known = self._weights[id(schema)]
            if known is None:
                raise SchemaLost("loops")
            return known
        if depth > _MOST_DEPTH:
            raise SchemaLost("too_large")
        self._weights[id(schema)] = None
        total = 1 + sum(self.weigh(each, depth + 1) for each in self._in_place(schema))
        if total > _MOST_WEIGHT:
            raise SchemaLost("too_large")
        self._weights[id(schema)] = total
        return total

    def _in_place(self, schema: dict[str, Any]) -> list[Any]:
        found = [each for key in ("allOf", "anyOf", "oneOf") for each in _list(schema, key)]
        found += [schema[key] for key in ("not", "if", "then", "else") if key in schema]
        inner = schema.get("dependentSchemas")
        found += inner.values() if isinstance(inner, dict) else ()
        if isinstance(schema.get("$ref"), str):
            found.append(self._api.target(schema["$ref"]))
        return found


def _overlap(api: OpenApi, parts: list[Any]) -> bool:
    """Tell whether two parts of an ``allOf`` describe a member of the same name."""
    seen: set[str] = set()
    for part in parts:
        found = api.follow(part)
        members = found.get("properties") if isinstance(found, dict) else None
        names = set(members) if isinstance(members, dict) else set()
        if names & seen:
            return True
        seen |= names
    return False


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _may_be_object(api: OpenApi, schema: Any) -> bool:  # noqa: ANN401 - JSON is any
    found = api.follow(schema)
    kind = found.get("type", "object") if isinstance(found, dict) else "object"
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _drop_write_only(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    """Demand no member of an answer that only requests have."""
    members, required = schema.get("properties"), out.get("required")
    if isinstance(members, dict) and isinstance(required, list):
        hidden = {
            name
            for name, each in members.items()
            if isinstance(each, dict) and each.get("writeOnly") is True
        }
        out["required"] = [name for name in required if name not in hidden]


def _numbers(out: dict[str, Any]) -> dict[str, Any]:
    """Write exclusive bounds as numbers; in 3.0 they are flags."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        said = out.get(flag)
        if isinstance(said, bool):
            del out[flag]
            if said and bound in out:
                out[flag] = out.pop(bound)
    return out


def _nullable(schema: Mapping[str, Any], out: dict[str, Any]) -> dict[str, Any]:
    """Let null stand where 3.0 says ``nullable``."""
    if schema.get("nullable") is not True:
        return out
    return {"anyOf": [out, {"type": "null"}]}
