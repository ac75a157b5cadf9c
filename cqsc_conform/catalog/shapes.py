"""JSON Schemas of the contracts, made from the model so that every fault has one place.

A union is written so that a validator can say which branch was meant: by its tag, by the JSON
type of what stands there.  ``anyOf`` would only say that nothing fitted.
"""

import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

__all__ = ["JsonSchema", "shape"]

JsonSchema: TypeAlias = dict[str, Any]

_REF = "#/$defs/"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TAG = "verb"


def shape(
    kind: Any,  # noqa: ANN401 - a type or a union of types
    ident: str,
    *,
    bounds: Mapping[tuple[str, str], JsonSchema],
    nodes_as_written: bool,
) -> JsonSchema:
    """Make the schema of a model type.

    ``bounds`` adds keywords to ``(struct, field)``.  ``nodes_as_written`` takes probe nodes in
    the form that YAML has, ``{verb: {…}}``.
    """
    (top,), parts = msgspec.json.schema_components([kind], ref_template=_REF + "{name}")
    shaper = _Shaper(parts, nodes_as_written=nodes_as_written)
    body = shaper.reshape(top)
    defs = {name: shaper.component(name, part) for name, part in sorted(parts.items())}
    if shaper.nodes is not None:
        defs["Node"] = shaper.nodes
    for (struct, field), extra in bounds.items():
        if field in defs.get(struct, {}).get("properties", {}):
            defs[struct]["properties"][field].update(extra)
    return {"$schema": _DRAFT, "$id": f"urn:cqsc-conform:schema:{ident}", **body, "$defs": defs}


class _Shaper:
    def __init__(self, parts: Mapping[str, JsonSchema], *, nodes_as_written: bool) -> None:
        self._parts = parts
        self._written = nodes_as_written
        self.nodes: JsonSchema | None = None

    def component(self, name: str, part: JsonSchema) -> JsonSchema:
        """Reshape a struct: its description cleaned, its verb tag gone where YAML has none."""
        out: JsonSchema = self.reshape(part)
        if "description" in out:
            out["description"] = inspect.cleandoc(out["description"])
        if self._written and _TAG in out.get("properties", {}):
            out["properties"].pop(_TAG)
            out["required"] = [each for each in out["required"] if each != _TAG]
        if not out.get("required", True):
            out.pop("required")
        if "enum" in out:
            out.setdefault("type", "string")
        return {"title": name, **out}

    def reshape(self, value: Any) -> Any:  # noqa: ANN401 - JSON is any
        """Rewrite unions all the way down."""
        if isinstance(value, list):
            return [self.reshape(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "anyOf" in value:
            return self._union(value)
        return {key: self.reshape(each) for key, each in value.items()}

    def _union(self, value: JsonSchema) -> JsonSchema:
        rest = {key: each for key, each in value.items() if key not in ("anyOf", "discriminator")}
        tags = value.get("discriminator")
        if tags is None:
            return {**self._by_type(value["anyOf"]), **rest}
        if self._written and tags["propertyName"] == _TAG:
            self._note_nodes(tags["mapping"])
            return {"$ref": f"{_REF}Node", **rest}
        return {**_by_tag(tags["propertyName"], tags["mapping"]), **rest}

    def _note_nodes(self, mapping: Mapping[str, str]) -> None:
        def body(verb: str, ref: str) -> JsonSchema:
            if verb not in ("seq", "par"):
                return {"$ref": ref}
            rows = {"type": "array", "items": {"$ref": f"{_REF}Node"}, "minItems": 1}
            return {
                "type": ["array", "object"],
                "items": rows["items"],
                "minItems": 1,
                "if": {"type": "object"},
                "then": {"$ref": ref},
            }

        self.nodes = {
            "title": "Node",
            "description": "A node of a probe: a mapping with one key, the verb.",
            "type": "object",
            "properties": {verb: body(verb, ref) for verb, ref in mapping.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def _by_type(self, variants: list[JsonSchema]) -> JsonSchema:
        types: list[str] = []
        out: JsonSchema = {}
        branches: list[JsonSchema] = []
        for variant in variants:
            kind = self._type_of(variant)
            types.append(kind)
            if "$ref" in variant or "enum" in variant:
                branches.append({"if": {"type": kind}, "then": self.reshape(variant)})
            else:
                kept = {key: each for key, each in variant.items() if key != "type"}
                out.update(self.reshape(kept))
        if "number" in types and "integer" in types:
            types.remove("integer")
        out = {"type": sorted(types), **out}
        if branches:
            out["allOf"] = branches
        return out

    def _type_of(self, variant: JsonSchema) -> str:
        if "$ref" in variant:
            return self._type_of(self._parts[variant["$ref"].removeprefix(_REF)])
        return str(variant.get("type", "string"))


def _by_tag(tag: str, mapping: Mapping[str, str]) -> JsonSchema:
    return {
        "type": "object",
        "required": [tag],
        "properties": {tag: {"enum": list(mapping)}},
        "allOf": [
            {
                "if": {"properties": {tag: {"const": value}}, "required": [tag]},
                "then": {"$ref": ref},
            }
            for value, ref in mapping.items()
        ],
    }
