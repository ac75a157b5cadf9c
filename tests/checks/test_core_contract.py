"""The API against its own document."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from core_evidence import call, judge, reply, use_of

RECORD = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "kind": {"enum": ["a", "b"]},
        "more": {"type": "null"},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1.4.0"},
    "paths": {
        "/records": {
            "get": {
                "responses": {
                    "200": {
                        "description": "d",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/R"}}
                        },
                    },
                    "4XX": {"description": "d"},
                }
            }
        },
        "/old": {"get": {"deprecated": True, "responses": {"200": {"description": "d"}}}},
    },
    "components": {"schemas": {"R": RECORD}},
}
GOOD = {"id": "1", "kind": "a"}


def document(change: Callable[[dict[str, Any]], Any] | None = None, **more: Any) -> Any:
    made = copy.deepcopy(DOCUMENT)
    if change is not None:
        change(made)
    return reply(made, operation="api.document", target="/openapi.json", **more)


def valid(change: Callable[[dict[str, Any]], Any] | None = None, **more: Any) -> tuple[str, str]:
    return judge("001", document=document(change, **more))


def old(d: dict[str, Any]) -> None:
    d["openapi"] = "3.0.3"
    del d["components"]["schemas"]["R"]["properties"]["more"]


def test_a_valid_document():
    assert valid() == ("pass", "document_valid")
    assert valid(old) == ("pass", "document_valid")


def operation(d: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = d["paths"]["/records"]["get"]
    return found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(openapi="2.0"), "not_openapi"),
        (lambda d: d.update(openapi=31), "not_openapi"),
        (lambda d: d.update(openapi="3.0.3"), "document_invalid"),
        (lambda d: d.pop("info"), "document_invalid"),
        (lambda d: operation(d)["responses"]["4XX"].pop("description"), "document_invalid"),
        (lambda d: d["paths"].update({"records": {}}), "document_invalid"),
        (lambda d: d["components"]["schemas"].update(X={"$ref": "#/none"}), "reference_dangling"),
        (lambda d: d["paths"].update({"/t/{x}": d["paths"]["/old"]}), "parameter_undeclared"),
        (
            lambda d: [each["get"].update(operationId="x") for each in d["paths"].values()],
            "operation_id_twice",
        ),
        (lambda d: d.update(paths={}), "no_operations"),
    ],
)
def test_a_document_that_is_not(change, code):
    assert valid(change) == ("fail", code)


def test_no_document_and_none_that_can_be_read():
    assert valid(status=404) == ("fail", "document_absent")
    page = reply(b"<html>", operation="api.document")
    assert judge("001", document=page) == ("fail", "document_not_json")


def test_what_leads_out_of_the_document_is_not_followed():
    away = {"$ref": "https://example.invalid/schemas#/R"}
    assert valid(lambda d: d["components"]["schemas"].update(X=away)) == (
        "inconclusive", "reference_foreign",
    )  # fmt: skip


def test_operations_that_are_there_and_that_are_not():
    found, gone = reply(GOOD), reply({}, status=404, target="/old")
    assert judge("002", document=document(), answers=found) == ("pass", "operations_exist")
    assert judge("002", document=document(), answers=(found, gone)) == ("fail", "operation_missing")
    broken = reply({}, status=503)
    assert judge("002", document=document(), answers=broken) == ("inconclusive", "operation_broken")


def declared(answer: Any, doc: Any = None) -> tuple[str, str]:
    other = reply(None, status=404, headers={}, target="/records")
    return judge(
        "003", document=doc or document(), answers=answer, listed=other, got=other, pages=other,
        unknown=other, refused=other,
    )  # fmt: skip


def test_answers_as_declared():
    assert declared(reply(GOOD)) == ("pass", "answers_declared")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(GOOD, status=203), "status_undeclared"),
        (reply(GOOD, headers={"Content-Type": "text/plain"}), "media_undeclared"),
        (reply(GOOD, headers={}), "media_undeclared"),
        (reply(b"{", headers={"Content-Type": "application/json"}), "body_unreadable"),
        (reply({**GOOD, "rank": 1}), "field_undeclared"),
        (reply({**GOOD, "kind": "c"}), "value_undeclared"),
        (reply({"kind": "a"}), "field_missing"),
        (reply({**GOOD, "id": 7}), "value_invalid"),
        (reply({}, status=400), "media_undeclared"),
        (reply(GOOD, target="/secret"), "operation_undeclared"),
        (reply(GOOD, method="POST"), "operation_undeclared"),
    ],
)
def test_answers_that_depart(answer, code):
    assert declared(answer) == ("fail", code)


def test_all_kinds_of_departures_are_told_at_once():
    other = reply(None, status=404, headers={})
    verdict = call(
        use_of("DI-CORE-003"), document=document(), answers=reply({"kind": "c", "rank": 1}),
        listed=other, got=other, pages=other, unknown=other, refused=other,
    )  # fmt: skip
    assert verdict is not None
    assert (verdict.bad, verdict.args["departures"]) == (3, 3)
    assert verdict.code.endswith("_and_more")
    said = " ".join((str(verdict.args["pointer"]), *map(str, verdict.args["others"])))  # type: ignore[arg-type]
    assert "/id" in said
    assert "/kind" in said
    assert "/rank" in said


def test_what_may_be_more_is_not_undeclared():
    free = document(lambda d: d["components"]["schemas"]["R"].update(additionalProperties=True))
    assert declared(reply({**GOOD, "rank": 1}), free) == ("pass", "answers_declared")


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/components/schemas/R"}, {"$ref": "https://example.invalid/"}]
)
def test_a_schema_that_cannot_be_judged_by_hides_nothing_else(schema):
    doc = document(lambda d: d["components"]["schemas"].update(R=schema))
    assert declared(reply(GOOD), doc) == ("inconclusive", "schema_unusable")
    assert declared((reply(GOOD), reply(GOOD, status=203)), doc) == (
        "fail", "status_undeclared",
    )  # fmt: skip


def test_without_a_document_nothing_is_compared():
    assert declared(reply(GOOD), document(status=404)) == ("inconclusive", "no_document")


def test_answers_of_no_declared_operation_tell_nothing():
    nowhere = reply({}, status=404, target="/elsewhere")
    said = judge(
        "003", document=document(), answers=nowhere, listed=nowhere, got=nowhere, pages=nowhere,
        unknown=nowhere, refused=nowhere,
    )  # fmt: skip
    assert said == ("inconclusive", "nothing_matched")


@pytest.mark.parametrize(
    ("target", "header", "said"),
    [
        ("/records", "1.4.0", ("pass", "version_told")),
        ("/records", "1", ("pass", "version_told")),
        ("/api/v1/records", None, ("pass", "version_told")),
        ("/api/v2/records", None, ("fail", "version_differs")),
        ("/api/v1/records", "1.5.0", ("fail", "version_differs")),
        ("/records", "beta", ("fail", "version_differs")),
        ("/records", None, ("fail", "version_untold")),
    ],
)
def test_the_version(target, header, said):
    headers = {} if header is None else {"api-version": header}
    listed = reply({}, target=target, headers=headers)
    assert judge("004", document=document(), listed=listed) == said


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Deprecation": "@1764547200"}, ("pass", "deprecation_told")),
        ({}, ("fail", "deprecation_absent")),
        ({"Deprecation": "true"}, ("fail", "deprecation_form")),
        ({"Deprecation": "@1764547200", "Sunset": "2027"}, ("fail", "sunset_form")),
        (
            {"Deprecation": "@1764547200", "Sunset": "Thu, 01 Jan 2015 00:00:00 GMT"},
            ("fail", "sunset_early"),
        ),
    ],
)
def test_deprecation(headers, said):
    old = reply({}, target="/old", headers=headers)
    assert judge("026", document=document(), answers=old) == said


def test_nothing_deprecated_is_nothing_judged():
    assert judge("026", document=document(), answers=reply(GOOD)) == (
        "inconclusive", "nothing_deprecated",
    )  # fmt: skip
