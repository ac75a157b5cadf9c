"""The true OpenAPI 3.0 document of the second core API."""

from typing import Any

Json = dict[str, Any]

BASE = "/api/v2"
VERSION = "2.3.1"
_LIST = "#/components/schemas/"


def make_document() -> Json:
    """Make the document; each call gives a new one."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "第二基准数据接口", "version": VERSION},
        "servers": [{"url": "{base}", "variables": {"base": {"default": BASE}}}],
        "paths": {
            "/api-docs": {
                "get": {
                    "responses": {
                        "200": {"description": "文档", "content": {"application/json": {}}}
                    }
                }
            },
            "/stations": {"get": _list()},
            "/station": {"post": _write("201", "200", "409")},
            "/station/{zdbh}": {
                "parameters": [{"$ref": "#/components/parameters/zdbh"}],
                "get": {
                    "responses": {
                        "200": _answer("一个站点", "One"),
                        "304": {"description": "未变"},
                        "4XX": {"$ref": "#/components/responses/Refused"},
                    }
                },
                "put": _write("204", "412"),
                "delete": {
                    "responses": {
                        "204": {"description": "已删除"},
                        "4XX": {"$ref": "#/components/responses/Refused"},
                    }
                },
            },
        },
        "components": {
            "parameters": {
                "zdbh": {
                    "name": "zdbh",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "format": "uuid"},
                }
            },
            "responses": {
                "Refused": {
                    "description": "拒绝",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": f"{_LIST}Problem"}}
                    },
                }
            },
            "schemas": _schemas(),
        },
    }


def _answer(words: str, schema: str) -> Json:
    content = {"application/json": {"schema": {"$ref": _LIST + schema}}}
    return {"description": words, "content": content}


def _list() -> Json:
    number = {"type": "integer", "minimum": 1, "exclusiveMinimum": False}
    return {
        "parameters": [
            {"name": "pageNo", "in": "query", "schema": number},
            {"name": "pageSize", "in": "query", "schema": number},
        ],
        "responses": {
            "200": _answer("一页站点", "Page"),
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }


def _write(*statuses: str) -> Json:
    return {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": f"{_LIST}Station"}}}},
        "responses": {
            **{status: {"description": "见状态码"} for status in statuses},
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }


def _schemas() -> Json:
    station = {
        "type": "object",
        "required": ["zdbh", "zdmc", "xzqh", "je", "sl", "zt", "cjsj", "gxsj"],
        "properties": {
            "zdbh": {"type": "string", "format": "uuid"},
            "zdmc": {"type": "string"},
            "xzqh": {"type": "string", "minLength": 6, "maxLength": 6},
            "hydm": {"type": "string", "nullable": True},
            "je": {"type": "number", "format": "double"},
            "sl": {"type": "integer", "format": "int64"},
            "zt": {"type": "string", "enum": ["1", "2", "9"]},
            "cjsj": {"type": "string", "format": "date-time"},
            "gxsj": {"type": "string", "format": "date-time"},
        },
    }
    rows = {"type": "array", "items": {"$ref": f"{_LIST}Station"}}
    data = {
        "type": "object",
        "properties": {"rows": rows, "count": {"type": "integer"}},
        "required": ["rows", "count"],
    }
    return {
        "Station": station,
        "One": {"type": "object", "properties": {"data": {"$ref": f"{_LIST}Station"}}},
        "Page": {"type": "object", "properties": {"data": data}},
        "Problem": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "request_id": {"type": "string"},
            },
        },
    }
