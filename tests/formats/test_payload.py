import math
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats import payload
from cqsc_conform.formats.payload import (
    PayloadSchema,
    SchemaFault,
    SchemaInvalid,
    compile_schema,
)

Engine = Literal["jsonschema_rs", "jsonschema"]
ENGINES: tuple[Engine, ...] = ("jsonschema_rs", "jsonschema")
CLOSED, UNEVALUATED = "additionalProperties", "unevaluatedProperties"
FIELD = {"type": "string", "minLength": 1}
ENTRY: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "title"],
    "properties": {
        "id": {"$ref": "urn:cqsc:field"},
        "title": {"$ref": "#/$defs/field"},
        "share": {"enum": ["无条件共享", "有条件共享", "不予共享"]},
        "published": {"type": "string", "format": "date"},
        "updated": {"type": "string", "format": "date-time"},
        "code": {"pattern": "^[0-9]{6}/\\d{6}$"},
        "price": {"multipleOf": 0.01},
        "n": {"minimum": 0, "exclusiveMaximum": 5},
        "items": {"type": "array", "uniqueItems": True, "items": {"type": "object"}},
        "one": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "some": {"contains": {"type": "string"}, "minContains": 2, "maxContains": 3},
        "if": {"if": {"type": "string"}, "then": {"minLength": 3}, "else": {"minimum": 3}},
        "names": {"propertyNames": {"maxLength": 2}},
        "never": False,
        "only": {"properties": {"a": True}, "additionalProperties": False},
        "closed": {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False},
        "by": {"dependentRequired": {"x": ["y"]}, "dependentSchemas": {"z": {"required": ["y"]}}},
        "a/b~": {"const": 1},
    },
    "$defs": {"field": FIELD},
}
REGISTRY = {"urn:cqsc:field": FIELD}
SCHEMAS = {engine: compile_schema(ENTRY, REGISTRY, by=engine) for engine in ENGINES}

GOOD = {"id": "1", "title": "x"}
CASES: list[tuple[dict[str, Any], list[tuple[str, str, str, str]]]] = [
    ({}, []),
    ({"id": ""}, [("/id", "/properties/id/$ref/minLength", "minLength", "")]),
    ({"title": 1}, [("/title", "/properties/title/$ref/type", "type", "")]),
    ({"share": "部分共享"}, [("/share", "/properties/share/enum", "enum", "")]),
    ({"share": "不予共享"}, []),
    ({"published": "2026-02-30"}, [("/published", "/properties/published/format", "format", "")]),
    ({"published": "20260301"}, [("/published", "/properties/published/format", "format", "")]),
    ({"updated": "2026-03-01T08:00:00+08:00"}, []),
    ({"updated": "2026-03-01t08:00:00.123z"}, []),
    ({"updated": "2016-12-31T23:59:60Z"}, []),
    (
        {"updated": "2026-03-01T08:00:00"},
        [("/updated", "/properties/updated/format", "format", "")],
    ),
    ({"code": "306003/000012"}, []),
    ({"code": "306003/000012\n"}, [("/code", "/properties/code/pattern", "pattern", "")]),
    ({"code": "306003/00001٣"}, [("/code", "/properties/code/pattern", "pattern", "")]),
    ({"price": 19.99}, []),
    ({"price": 19.999}, [("/price", "/properties/price/multipleOf", "multipleOf", "")]),
    ({"n": 5}, [("/n", "/properties/n/exclusiveMaximum", "exclusiveMaximum", "")]),
    ({"n": 2**70}, [("/n", "/properties/n/exclusiveMaximum", "exclusiveMaximum", "")]),
    ({"items": [{}, {}]}, [("/items", "/properties/items/uniqueItems", "uniqueItems", "")]),
    ({"items": [{}, 1]}, [("/items/1", "/properties/items/items/type", "type", "")]),
    ({"one": []}, [("/one", "/properties/one/oneOf", "oneOf", "")]),
    ({"some": ["a"]}, [("/some", "/properties/some/minContains", "minContains", "")]),
    ({"some": ["a"] * 4}, [("/some", "/properties/some/maxContains", "maxContains", "")]),
    ({"if": "ab"}, [("/if", "/properties/if/then/minLength", "minLength", "")]),
    ({"if": 2}, [("/if", "/properties/if/else/minimum", "minimum", "")]),
    (
        {"names": {"abc": 1}},
        [("/names", "/properties/names/propertyNames/maxLength", "maxLength", "")],
    ),
    ({"only": {"b": 1}}, [("/only", f"/properties/only/{CLOSED}", CLOSED, "")]),
    ({"closed": {"b": 1}}, [("/closed", f"/properties/closed/{UNEVALUATED}", UNEVALUATED, "")]),
    ({"by": {"x": 1}}, [("/by", "/properties/by/dependentRequired", "dependentRequired", "y")]),
    ({"by": {"z": 1}}, [("/by", "/properties/by/dependentSchemas/z/required", "required", "y")]),
    ({"a/b~": 2}, [("/a~1b~0", "/properties/a~1b~0/const", "const", "")]),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("change", "expected"), CASES, ids=[str(case[0]) for case in CASES])
def test_both_engines_find_the_same_faults(
    engine: Engine, change: dict[str, Any], expected: list[tuple[str, str, str, str]]
) -> None:
    schema = SCHEMAS[engine]
    assert schema.engine == engine
    assert schema.faults({**GOOD, **change}) == tuple(SchemaFault(*fault) for fault in expected)
    assert schema.is_valid({**GOOD, **change}) is not bool(expected)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=ENGINES)
def test_each_missing_member_is_named(schema: PayloadSchema) -> None:
    assert schema.faults({}) == (
        SchemaFault("", "/required", "required", "id"),
        SchemaFault("", "/required", "required", "title"),
    )


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=ENGINES)
def test_a_schema_that_allows_nothing(schema: PayloadSchema) -> None:
    (fault,) = schema.faults({**GOOD, "never": 1})
    assert fault.keyword == "false"


def test_without_the_wheel_the_fallback_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "jsonschema_rs", None)
    schema = compile_schema(ENTRY, REGISTRY)
    assert schema.engine == "jsonschema"
    assert schema.is_valid(GOOD)
    assert not schema.is_valid({})


def test_the_wheel_judges_where_it_is_installed() -> None:
    assert compile_schema({}).engine == "jsonschema_rs"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_list_of_faults_is_bounded(engine: Engine) -> None:
    schema = compile_schema({"items": {"type": "string"}}, by=engine)
    assert len(schema.faults([1] * 1000)) == 20
    assert len(schema.faults([1] * 1000, limit=3)) == 3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("schema", "code", "pointer"),
    [
        ({"type": "text"}, "schema_invalid", "/type"),
        ({"properties": {"a": {"minimum": "1"}}}, "schema_invalid", "/properties/a/minimum"),
        ({"$ref": "https://example.com/x"}, "reference", ""),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "reference", ""),
        ({"properties": {"a": {"format": "nope"}}}, "format_unknown", "/properties/a/format"),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, "pattern", "/properties/a/pattern"),
        ({"properties": {"a": {"pattern": "("}}}, "pattern", "/properties/a/pattern"),
    ],
)
def test_unusable_schemas_are_refused(
    engine: Engine, schema: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(SchemaInvalid) as raised:
        compile_schema(schema, by=engine)
    assert (raised.value.code, raised.value.pointer) == (code, pointer)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unusable_schema_in_the_registry_is_refused(engine: Engine) -> None:
    with pytest.raises(SchemaInvalid):
        compile_schema({"$ref": "urn:x"}, {"urn:x": {"type": "text"}}, by=engine)
    with pytest.raises(SchemaInvalid) as raised:
        compile_schema({}, {"urn:x": {"$ref": "urn:none"}}, by=engine)
    assert raised.value.code == "registry"


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "document",
    [
        {**GOOD, "n": math.nan},
        {**GOOD, "n": math.inf},
        {**GOOD, "price": -math.inf},
        {**GOOD, "title": "\ud800"},
        {**GOOD, "price": 10**400},
        {**GOOD, "items": nested(100_000)},
        {"id": "1", "title": "x", 1: 2},
        {**GOOD, "items": b"x"},
        {**GOOD, "items": (1, 1)},
        object(),
        math.nan,
    ],
    ids=range(11),
)
def test_what_is_no_json_does_not_crash(schema: PayloadSchema, document: object) -> None:
    assert isinstance(schema.faults(document), tuple)
    assert schema.is_valid(document) == (schema.faults(document) == ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(sorted(ENTRY["properties"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(set(ENTRY["properties"]) - {"price"})), json_values))
def test_both_engines_give_one_verdict(document: dict[str, Any]) -> None:
    first, second = (schema.is_valid({**GOOD, **document}) for schema in SCHEMAS.values())
    assert first == second
