"""OpenAPI documents of strangers: operations, references, answers' schemas."""

from typing import Any

import pytest

from cqsc_conform.formats.openapi import OpenApi, document_faults
from cqsc_conform.formats.openapi_schema import SchemaLost, answer_schema, self_contained
from cqsc_conform.formats.pointer import MISSING

ANSWERS = {"responses": {"200": {"description": ""}, "4XX": {"description": ""}}}


def api(paths: Any = None, at: str = "/", **more: Any) -> OpenApi:
    return OpenApi({"openapi": "3.1.0", "paths": paths or {}, **more}, at)


def of_schemas(version: str = "3.1.0", **schemas: Any) -> OpenApi:
    return OpenApi({"openapi": version, "components": {"schemas": schemas}})


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("said", "version"),
    [("3.0.0", "3.0"), ("3.1.1", "3.1"), ("3.1.0-rc1", "3.1"), ("2.0", None), ("3.2.0", None),
     ("3.1", None), (3.1, None), (None, None)],
)  # fmt: skip
def test_versions(said, version):
    assert OpenApi({"openapi": said}).version == version


PATHS = {"/a/{id}": {"get": ANSWERS}, "/a/new": {"get": ANSWERS, "post": ANSWERS},
         "/f/{x}.json": {"get": ANSWERS}}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "target", "template"),
    [
        ("GET", "/a/7", "/a/{id}"),
        ("GET", "/a/new", "/a/new"),
        ("get", "/a/new?x=/b", "/a/new"),
        ("POST", "/a/7", None),
        ("GET", "/a/", None),
        ("GET", "/a/7/8", None),
        ("GET", "/a/%E9%87%8D", "/a/{id}"),
        ("GET", "/f/x.json", "/f/{x}.json"),
        ("GET", "/f/.json", None),
        ("GET", "/f/x.xml", None),
    ],
)
def test_a_request_calls_one_operation(method, target, template):
    found = api(PATHS).match(method, target)
    assert (found.template if found else None) == template


@pytest.mark.parametrize(
    ("servers", "at", "target"),
    [
        ([{"url": "/v1"}], "/", "/v1/a/7"),
        ([{"url": "https://example.invalid/v1/"}], "/", "/v1/a/7"),
        ([{"url": "."}], "/docs/openapi.json", "/docs/a/7"),
        ([{"url": "{b}/x", "variables": {"b": {"default": "/api"}}}], "/", "/api/x/a/7"),
        ([], "/", "/a/7"),
        ("nonsense", "/", "/a/7"),
        ([{"url": 7}, {"url": "http://[bad"}], "/", "/a/7"),
    ],
)
def test_servers_give_the_base(servers, at, target):
    assert api(PATHS, at, servers=servers).match("GET", target) is not None


def test_answers_are_found_by_status_then_class_then_default():
    declared = {"responses": {"200": {"description": "a"}, "4XX": {"description": "b"}}}
    it = api({"/a": {"get": declared}})
    (operation,) = it.operations
    assert [it.response(operation, status) for status in (200, 404, 500)] == [
        ("200", {"description": "a"}), ("4XX", {"description": "b"}), None,
    ]  # fmt: skip


def test_what_can_be_called_without_guessing():
    def parameter(place: str, **more: Any) -> dict[str, Any]:
        return {"name": "p", "in": place, "required": True, **more}

    def get(*parameters: Any) -> dict[str, Any]:
        return {"get": {**ANSWERS, "parameters": list(parameters)}}

    paths = {
        "/plain": get(),
        "/q": get(parameter("query", schema={"enum": ["a b"]})),
        "/e/{p}": get(parameter("path", example="x/y")),
        "/s/{p}": get(parameter("path", schema={"examples": [7]})),
        "/n/{p}": get(parameter("path", schema={"type": "string"})),
        "/h": get(parameter("header", example="x")),
        "/o": get({"name": "p", "in": "query"}),
        "/w": {"post": ANSWERS},
    }
    found = [each.address for each in api(paths, servers=[{"url": "/v1"}]).reachable()]
    assert found == ["/v1/plain", "/v1/q?p=a%20b", "/v1/e/x%2Fy", "/v1/s/7", "/v1/o"]


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {"paths": 1}, {"paths": {"/a": 1}}, {"paths": {"/a": {"get": 1}}},
     {"paths": {"/a": {"$ref": "#/paths/~1a"}}}, {"paths": {"/a": {"get": {"parameters": 1}}}},
     {"info": 1}, {"servers": [1]}, {"paths": {"a": {"get": {}}}}],
)  # fmt: skip
def test_whatever_it_holds_a_document_is_read(document):
    it = OpenApi(document)
    assert it.match("GET", "/b") is None
    assert it.api_version is None
    assert [each.address for each in it.reachable()] in ([], ["/a"])
    assert isinstance(document_faults(it), tuple)


def test_references_are_followed_inside_only_and_not_for_ever():
    it = of_schemas(A=ref("B"), B=ref("A"), C=ref("D"), D={"type": "null"})
    assert it.follow(ref("C")) == {"type": "null"}
    assert it.follow(ref("A")) is MISSING
    assert it.follow({"$ref": "https://example.invalid/a"}) is MISSING
    assert it.target("#bad~pointer") is MISSING


def test_faults_that_the_schema_of_openapi_does_not_tell():
    paths = {
        "/a/{x}": {"get": {**ANSWERS, "operationId": "o"}},
        "/a/{y}": {"get": {**ANSWERS, "operationId": "o",
                           "parameters": [{"in": "path", "name": name} for name in "yz"]}},
        "/b": {"get": {"responses": {"200": {"$ref": "#/nowhere"}, "400": {"$ref": "x.json"}}}},
    }  # fmt: skip
    codes = {each.code for each in document_faults(api(paths))}
    assert codes == {
        "parameter_undeclared", "parameter_unused", "operation_id_twice", "paths_alike",
        "reference_dangling", "reference_foreign",
    }  # fmt: skip


def test_a_reference_in_an_example_is_none():
    shown = {"get": {**ANSWERS, "x": 1}, "example": {"$ref": "#/nowhere"}}
    assert document_faults(api({"/a": shown})) == ()


def keywords(it: OpenApi, schema: Any, value: Any) -> list[str]:
    return [each.keyword for each in answer_schema(it, schema).faults(value)]


PET = {"type": "object", "required": ["n"], "properties": {"n": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        (ref("P"), {"n": "a"}, []),
        (ref("P"), {"n": "a", "q": 1}, ["unevaluatedProperties"]),
        ({"allOf": [ref("P"), {"properties": {"q": {}}}]}, {"n": "a", "q": 1}, []),
        ({"allOf": [ref("P"), {"properties": {"q": {}}}]}, {"n": "a", "r": 1},
         ["unevaluatedProperties"]),
        ({"type": "array", "items": ref("P")}, [{"n": "a", "q": 1}], ["unevaluatedProperties"]),
        ({"type": "object"}, {"q": 1}, []),
        ({"anyOf": [ref("P"), {"type": "object"}]}, {"q": 1}, []),
        ({"anyOf": [ref("P"), {"type": "null"}]}, {"n": "a", "q": 1}, ["unevaluatedProperties"]),
        ({**PET, "additionalProperties": True}, {"n": "a", "q": 1}, []),
        ({**PET, "additionalProperties": {"type": "integer"}}, {"n": "a", "q": 1}, []),
        ({"properties": {"k": ref("P")}}, {"k": {"n": "a", "q": 1}}, ["unevaluatedProperties"]),
        (True, {"q": 1}, []),
    ],
)  # fmt: skip
def test_what_is_not_declared_is_found_where_members_are_declared(schema, value, found):
    assert keywords(of_schemas(P=PET), schema, value) == found


def test_the_words_of_3_0_are_those_of_2020_12():
    old = of_schemas("3.0.3", P=PET)
    number = {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9,
              "exclusiveMaximum": False}  # fmt: skip
    assert keywords(old, number, 0) == ["exclusiveMinimum"]
    assert keywords(old, number, 9) == []
    assert keywords(old, {"type": "string", "nullable": True, "enum": ["a"]}, None) == []
    assert keywords(old, {"$ref": "#/components/schemas/P", "description": "x"}, {"n": "a"}) == []


def test_unknown_formats_judge_nothing_and_what_only_requests_have_is_not_demanded():
    it = of_schemas()
    assert keywords(it, {"type": "integer", "format": "int64"}, 1) == []
    assert keywords(it, {"type": "string", "format": "date-time"}, "yesterday") == ["format"]
    secret = {"required": ["a", "b"], "properties": {"a": {"writeOnly": True}, "b": {}}}
    assert keywords(it, secret, {"b": 1}) == []


def many(count: int, make: Any) -> dict[str, Any]:
    return {f"A{number}": make(number) for number in range(count)} | {f"A{count}": {}}


@pytest.mark.parametrize(
    ("schemas", "code"),
    [
        ({"A0": {"$ref": "#/components/schemas/A0"}}, "loops"),
        ({"A0": {"allOf": [ref("A0")]}}, "loops"),
        ({"A0": {"anyOf": [{"not": ref("A1")}]}, "A1": ref("A0")}, "loops"),
        ({"A0": {"$ref": "https://example.invalid/x"}}, "reference"),
        ({"A0": {"$ref": "#/nowhere"}}, "reference"),
        ({"A0": {"$dynamicRef": "#x"}}, "reference"),
        ({"A0": 7}, "unusable"),
        ({"A0": {"type": "nonsense"}}, "unusable"),
        ({"A0": {"pattern": "(?=a)"}}, "unusable"),
        (many(40, lambda n: {"allOf": [ref(f"A{n + 1}")] * 2}), "too_large"),
        (many(3000, lambda n: ref(f"A{n + 1}")), "too_large"),
        ({"A0": {"allOf": [{}] * 30_000}}, "too_large"),
    ],
)
def test_schemas_that_cannot_be_judged_by_are_told(schemas, code):
    with pytest.raises(SchemaLost) as told:
        answer_schema(of_schemas(**schemas), ref("A0"))
    assert told.value.code == code


def test_a_tree_refers_to_itself_through_its_members():
    tree = {"type": "object", "properties": {"k": {"type": "array", "items": ref("T")}}}
    it = of_schemas(T=tree)
    assert keywords(it, ref("T"), {"k": [{"k": []}]}) == []
    assert keywords(it, ref("T"), {"k": [{"q": 1}]}) == ["unevaluatedProperties"]


def test_nothing_else_of_the_document_is_taken_along():
    it = of_schemas(P=PET, Broken={"type": "nonsense"})
    assert set(self_contained(it, ref("P"))["$defs"]) == {"d0"}  # type: ignore[index]
