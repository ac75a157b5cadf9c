"""The true OpenAPI 3.1 document of the core API."""

from typing import Any

from cqsc_conform.reference.core_answers import API_VERSION
from cqsc_conform.reference.core_store import REQUIRED, STATUSES

Json = dict[str, Any]

_REFUSALS = {
    "400": "the request is invalid",
    "401": "nobody is known by these credentials",
    "404": "there is nothing of that name",
    "405": "the resource does not have this method",
    "406": "nothing that the request accepts",
    "429": "the quota is used up",
}
_WRITING = {
    "415": "another media type than application/json",
    "422": "the content is invalid",
}
_EXAMPLE = "r-000001"


def make_document() -> Json:
    """Make the document; each call gives a new one."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Reference core API",
            "version": API_VERSION,
            "description": "Synthetic records, for testing test tools.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": {
            "/openapi.json": {"get": _document()},
            "/records": {"get": _list("listRecords"), "post": _create()},
            "/records/{id}": {
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "example": _EXAMPLE,
                    }
                ],
                "get": _get(),
                "put": _update(),
                "delete": {
                    "operationId": "deleteRecord",
                    "responses": {"204": {"description": "deleted"}, **_refusals()},
                },
            },
            "/v0/records": {"get": _list("listRecordsOld") | {"deprecated": True}},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json(description: str, schema: str, kind: str = "application/json") -> Json:
    return {
        "description": description,
        "content": {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _refusals(**more: str) -> Json:
    told = _REFUSALS | more
    return {
        status: _json(words, "Problem", "application/problem+json")
        for status, words in sorted(told.items())
    }


def _document() -> Json:
    return {
        "operationId": "getDocument",
        "security": [],
        "responses": {
            "200": {
                "description": "this document",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_refusals(),
        },
    }


def _list(ident: str) -> Json:
    return {
        "operationId": ident,
        "parameters": [
            {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
            },
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        ],
        "responses": {"200": _json("a page of records", "Page"), **_refusals()},
    }


def _get() -> Json:
    return {
        "operationId": "getRecord",
        "responses": {
            "200": _json("the record", "Record"),
            "304": {"description": "not modified"},
            **_refusals(),
        },
    }


def _written(ident: str, good: str, words: str, **more: str) -> Json:
    return {
        "operationId": ident,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewRecord"}}},
        },
        "responses": {good: _json(words, "Record"), **_refusals(**_WRITING, **more)},
    }


def _create() -> Json:
    made = _written("createRecord", "201", "the record as it was stored")
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    return made | {"parameters": [key]}


def _update() -> Json:
    refused = {"412": "the record was changed meanwhile", "428": "If-Match is missing"}
    made = _written("updateRecord", "200", "the record as it is now", **refused)
    held = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    return made | {"parameters": [held]}


def _schemas() -> Json:
    new = {
        "type": "object",
        "required": list(REQUIRED),
        "properties": {
            "name": {"type": "string"},
            "region": {"type": "string", "pattern": "^[0-9]{6}$"},
            "industry": {"type": ["string", "null"]},
            "amount": {"type": "number"},
            "count": {"type": "integer"},
            "status": {"enum": list(STATUSES)},
        },
    }
    return {
        "NewRecord": new,
        "Record": {
            "allOf": [
                {"$ref": "#/components/schemas/NewRecord"},
                {
                    "type": "object",
                    "required": ["id", "created", "updated"],
                    "properties": {
                        "id": {"type": "string"},
                        "created": {"type": "string", "format": "date-time"},
                        "updated": {"type": "string", "format": "date-time"},
                    },
                },
            ]
        },
        "Page": {
            "type": "object",
            "required": ["total", "items", "next"],
            "properties": {
                "total": {"type": "integer", "minimum": 0},
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
                "next": {"type": ["string", "null"]},
            },
        },
        "Problem": {
            "type": "object",
            "required": ["title", "status"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "request_id": {"type": "string"},
            },
        },
    }
