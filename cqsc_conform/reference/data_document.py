"""The true OpenAPI 3.1 document of the API that serves records and a catalogue."""

from typing import Any

from cqsc_conform.reference.core_document import make_document
from cqsc_conform.reference.exchange_answers import LARGEST_PAGE
from cqsc_conform.reference.exchange_data import SCHEMA as EXCHANGED

Json = dict[str, Any]

STATUSES = ("active", "paused", "closed")
OWN = frozenset({"id", "created", "updated"})
NEEDED = ("name", "region")
SCHEMA: Json = EXCHANGED | {
    "required": ["id", *NEEDED, "created", "updated"],
    "properties": EXCHANGED["properties"] | {"status": {"enum": list(STATUSES)}},
}
"""What `records.schema` publishes of a record."""

_MOMENT = {"type": "string", "format": "date-time"}
_FILTERS: Json = {
    "sort": {"enum": ["id", "-id", "updated", "-updated"]},
    "fields": {"type": "string"},
    "updated_from": _MOMENT,
    "updated_before": _MOMENT,
    "region": {"type": "string"},
    "status": {"type": "string"},
    "industry": {"type": "string"},
}
_PAGING: Json = {
    "limit": {
        "type": "integer",
        "minimum": 1,
        "default": 20,
        "description": f"{LARGEST_PAGE} at most",
    },
    "cursor": {"type": "string"},
}
_CATALOGUE = {
    "/catalog/entries": ("listEntries", ("page", "page_size", "keyword")),
    "/catalog/entries/{id}": ("getEntry", ()),
    "/datasets/{id}/schema": ("getDatasetSchema", ()),
    "/datasets/{id}/records": ("listDatasetRecords", ("page", "page_size")),
    "/responsibilities": ("listResponsibilities", ("page", "page_size")),
}


def data_document(example: str) -> Json:
    """Make the document; `example` is the id of a record that is there from the beginning."""
    made = make_document()
    made["info"] |= {"title": "Reference data API"}
    schemas, paths = made["components"]["schemas"], made["paths"]
    fields = {name: each for name, each in SCHEMA["properties"].items() if name not in OWN}
    schemas["NewRecord"] = {
        "type": "object",
        "required": list(NEEDED),
        "properties": {name: {"anyOf": [each, {"type": "null"}]} for name, each in fields.items()},
        "additionalProperties": False,
    }
    schemas["Record"] = {name: each for name, each in SCHEMA.items() if name != "$schema"}
    # With the parameter fields a record comes without the others.
    schemas["Listed"] = schemas["Record"] | {"required": []}
    schemas["Page"]["properties"]["items"]["items"] = {"$ref": "#/components/schemas/Listed"}
    schemas["Changes"] = _changes()
    paths["/records/{id}"]["parameters"][0]["example"] = example
    listing = paths["/records"]["get"]
    refused = {code: each for code, each in listing["responses"].items() if code != "200"}
    for path in ("/records", "/v0/records"):
        paths[path]["get"]["parameters"] = [*_query(_PAGING), *_query(_FILTERS)]
    since = {"name": "since", "in": "query", "required": True, "schema": _MOMENT}
    paths["/records/changes"] = _get(
        "listChanges",
        [since | {"example": "2020-01-01T00:00:00+08:00"}, *_query(_PAGING)],
        ("application/json", {"$ref": "#/components/schemas/Changes"}),
        refused,
    )
    paths["/records/export"] = _get(
        "exportRecords", [], ("application/x-ndjson", {"type": "string"}), refused
    )
    paths["/records/schema"] = _get(
        "getRecordSchema", [], ("application/schema+json", {"type": "object"}), refused
    )
    for path, (name, query) in _CATALOGUE.items():
        known: Json = {
            each: {"type": "string" if each == "keyword" else "integer"} for each in query
        }
        place = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[path] = _get(
            name,
            [*([place] if "{id}" in path else []), *_query(known)],
            ("application/json", {"type": "object"}),
            refused,
        )
    return made


def _changes() -> Json:
    change = {
        "type": "object",
        "required": ["id", "change", "at"],
        "properties": {
            "id": {"type": "string"},
            "change": {"enum": ["upsert", "delete"]},
            "at": _MOMENT,
            "record": {"$ref": "#/components/schemas/Record"},
        },
    }
    return {
        "type": "object",
        "required": ["items", "next", "until"],
        "properties": {
            "items": {"type": "array", "items": change},
            "next": {"type": ["string", "null"]},
            "until": _MOMENT,
        },
    }


def _query(known: Json) -> list[Json]:
    return [{"name": name, "in": "query", "schema": each} for name, each in known.items()]


def _get(name: str, parameters: list[Json], content: tuple[str, Json], refused: Json) -> Json:
    kind, schema = content
    answered = {"description": name, "content": {kind: {"schema": schema}}}
    return {
        "get": {
            "operationId": name,
            "parameters": parameters,
            "responses": {"200": answered, **refused},
        }
    }
