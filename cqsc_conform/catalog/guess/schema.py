"""The shape of what a JSON Schema describes: references inside the document alone, bounded."""

from typing import Any

from cqsc_conform.catalog.guess.shapes import Shape, clean, shape_of
from cqsc_conform.formats.pointer import resolve

__all__ = ["Schemas"]

_MOST_NODES = 20_000
_MOST_DEPTH = 12
_MOST_MEMBERS = 200
_MOST_REFS = 16


class Schemas:
    """Reads the schemas of one document.

    A reference that leads out of the document is noted in ``foreign`` and never followed.  What
    is read in all is bounded, so that references which multiply cost no more than a large file.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._left = _MOST_NODES
        self.foreign: dict[str, None] = {}

    def at(self, value: object) -> dict[str, Any]:
        """Give the object that stands here, through references; empty where there is none."""
        for _ in range(_MOST_REFS):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._find(reference)
        return {}

    def _find(self, reference: str) -> object:
        if not reference.startswith("#"):
            self.foreign[clean(reference, 80)] = None
            return None
        try:
            return resolve(self._document, reference[1:].replace("%7B", "{").replace("%7D", "}"))
        except ValueError:
            return None

    def shape(self, schema: object, depth: int = 0) -> Shape:
        """Give the shape that a schema describes; an example fills in where it says nothing."""
        self._left -= 1
        found = self._merged(self.at(schema), depth) if self._left > 0 else {}
        kind = _kind(found)
        title = clean(found.get("title"), 60)
        told = clean(found.get("description"))
        words = " ".join(dict.fromkeys(each for each in (title, told) if each))
        example = _example(found)
        if depth >= _MOST_DEPTH or self._left <= 0:
            return Shape(kind, words)
        properties = found.get("properties")
        if isinstance(properties, dict) and properties:
            rows = list(properties.items())[:_MOST_MEMBERS]
            members = {
                name: self.shape(each, depth + 1) for name, each in rows if name == clean(name, 80)
            }
            return Shape("object", words, members=members)
        if kind == "array":
            return Shape("array", words, item=self.shape(found.get("items"), depth + 1))
        if isinstance(example, dict | list):
            shown = shape_of(example, depth)
            return Shape(shown.kind, words, members=shown.members, item=shown.item)
        return Shape(kind, words, example=clean(example) if isinstance(example, str) else example)

    def _merged(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Lay the parts of ``allOf`` together, and take the first of a choice."""
        parts = list(_rows(schema.get("allOf")))
        for name in ("oneOf", "anyOf"):
            rows = _rows(schema.get(name))
            parts += [each for each in rows if self.at(each).get("type") != "null"][:1]
        if not parts or depth >= _MOST_DEPTH:
            return schema
        merged: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        for part in parts[:_MOST_MEMBERS]:
            self._left -= 1
            if self._left <= 0:
                break
            inner = self._merged(self.at(part), depth + 1)
            merged.update(inner)
            properties.update(inner.get("properties") or {})
        merged.update({key: each for key, each in schema.items() if key != "properties"})
        properties.update(schema.get("properties") or {})
        return {**merged, "properties": properties} if properties else merged


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "")
    if isinstance(kind, str) and kind:
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else ""


def _example(schema: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is any
    for name in ("example", "const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    for name in ("examples", "enum"):
        found = schema.get(name)
        if isinstance(found, list) and len(found) == 1:
            return found[0]
    return None
