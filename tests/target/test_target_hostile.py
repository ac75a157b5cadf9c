"""Hostile descriptions: bounded, nothing followed, nothing broken out of."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from target_bench import guessed, read_back, written

from cqsc_conform.errors import KitError


def document(schema: Any, **more: Any) -> bytes:
    listing = {"get": {"summary": "目录列表 list", "responses": {"200": {"content": {
        "application/json": {"schema": schema}}}}}}  # fmt: skip
    plain = {"openapi": "3.0.1", "paths": {"/catalog/list": listing}, **more}
    return json.dumps(plain).encode()


def test_references_in_a_circle_end(tmp_path: Path) -> None:
    schemas = {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Tree": {
            "type": "object",
            "properties": {
                "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                "next": {"$ref": "#/components/schemas/Tree"},
            },
            "allOf": [{"$ref": "#/components/schemas/Tree"}],
        },
    }
    for name in schemas:
        data = document({"$ref": f"#/components/schemas/{name}"}, components={"schemas": schemas})
        read_back(written(guessed("openapi", data)), tmp_path)


def test_references_that_multiply_cost_no_more_than_a_bound(tmp_path: Path) -> None:
    wide = {
        f"L{n}": {
            "type": "object",
            "properties": {f"p{k}": {"$ref": f"#/components/schemas/L{n + 1}"} for k in range(50)},
        }
        for n in range(11)
    }
    data = document({"$ref": "#/components/schemas/L0"}, components={"schemas": wide})
    read_back(written(guessed("openapi", data)), tmp_path)


@pytest.mark.parametrize(
    "reference",
    ["http://127.0.0.1:9/x.json#/A", "file:///etc/passwd", "../other.yaml", "//host/x"],
)
def test_references_out_of_the_document_are_told_and_not_followed(reference: str) -> None:
    draft = guessed("openapi", document({"$ref": reference}))
    assert ("target.guess_foreign", (("reference", reference),)) in [
        (note.code, note.args) for note in draft.notes
    ]


BREAKOUTS = [
    'x"\nevil: true\n',
    "x\r\nevil: true",
    "x\u2028evil: true",
    "x\u202eevil",
    "x\x1b[2J",
    "}: {evil: true",
    "# evil: true",
    "- evil",
    "&a *a !!python/object",
    "~", "null", "1e999", "'", "\\", "{", "{{", "a" * 5000, "~2", "/", "",
]  # fmt: skip


@pytest.mark.parametrize("text", BREAKOUTS)
def test_no_text_breaks_out_of_its_place(text: str, tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "example": text},
            "msg": {"type": "string"},
            text: {"type": "array", "items": {"type": "object", "properties": {
                text: {"type": "string", "description": "信息资源名称"},
                "id": {"type": "string", "description": text}}}},
        },
    }  # fmt: skip
    plain = json.loads(document(schema))
    plain["info"] = {"title": text, "version": text}
    plain["servers"] = [{"url": text}, {"url": f"http://host/{text}"}]
    plain["paths"][f"/catalog/{text}"] = plain["paths"]["/catalog/list"]
    plain["paths"]["/catalog/list"]["get"]["parameters"] = [
        {"name": text, "in": "query", "description": "页码", "example": text, "required": True},
        {"name": f"h{text}", "in": "header", "required": True},
    ]
    plain["components"] = {"securitySchemes": {text: {"type": "apiKey", "in": "header",
                                                      "name": text}}}  # fmt: skip
    for data in (json.dumps(plain).encode(), json.dumps(plain, ensure_ascii=False).encode()):
        loaded, _ = read_back(written(guessed("openapi", data)), tmp_path)
        assert set(loaded.target.endpoints) == {"api"}


@pytest.mark.parametrize("text", BREAKOUTS)
def test_no_request_breaks_out_of_its_place(text: str, tmp_path: Path) -> None:
    items = [{"name": f"目录列表 {text}", "request": {
        "method": text, "url": {"raw": f"http://host:80/catalog/list/{text}?{text}={text}&page=1"},
        "header": [{"key": text, "value": text}, {"key": "X-Sign", "value": text}],
        "body": {"mode": "raw", "raw": json.dumps({text: text, "pageNum": 1})}}}]  # fmt: skip
    read_back(written(guessed("postman", json.dumps({"item": items}).encode())), tmp_path)
    quoted = text.replace("'", "")
    command = f"curl -X POST 'http://host/catalog/list?{quoted}' -d '{quoted}' -H '{quoted}: a'"
    read_back(written(guessed("curl", command.encode())), tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"openapi: 3.0.0\npaths: &a\n  /x: *a\n",
        b"openapi: 3.0.0\nx: !!python/object/apply:os.system [id]\n",
        b'{"openapi": "3.0.0", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"openapi": "3.0.0", "x": 1e99999}',
    ],
)
def test_what_multiplies_or_nests_is_refused(data: bytes) -> None:
    with pytest.raises(KitError):
        guessed("openapi", data)


def test_shell_words_are_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    command = f"curl http://host/catalog/list?x=$(touch {mark})`touch {mark}`; touch {mark}"
    guessed("curl", command.encode())
    assert not mark.exists()


WORDS = st.sampled_from(
    ["openapi", "3.0.0", "paths", "/catalog/list", "get", "post", "parameters", "name", "in",
     "query", "schema", "$ref", "#/paths", "type", "object", "properties", "items", "responses",
     "200", "content", "application/json", "allOf", "example", "item", "request", "url", "raw",
     "http://h/catalog/list", "header", "body", "auth", "servers", "info", "components"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | WORDS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(paths=st.dictionaries(WORDS, JSON, max_size=4), rest=JSON)
def test_any_description_gives_a_target_file_or_an_error_of_ours(paths: Any, rest: Any) -> None:
    for kind, value in (
        ("openapi", {"openapi": "3.0.0", "paths": paths, "components": rest, "servers": rest}),
        ("postman", {"item": [rest, {"request": paths, "response": rest}], "auth": rest}),
    ):
        try:
            page = written(guessed(kind, json.dumps(value).encode()))
        except KitError:
            continue
        assert page.startswith("# yaml-language-server: $schema=")
