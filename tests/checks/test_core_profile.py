"""Laws over di-core: every check bound, every verdict said, no answer that brings one down."""

import json
import re
from typing import Any

import pytest
from core_evidence import call, library, profile, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from cqsc_conform.checks import registered
from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.outcome import Effect, Modal, Outcome
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.reports.messages import Messages, fields, template_of

USES = tuple(
    (each.id, use)
    for each in profile().requirements
    for use in (each.check, each.controls.before, each.controls.after)
    if use is not None
)
AREAS = ("conditional", "contract", "media", "problem", "records", "status", "writes")


def test_requirements_are_numbered_without_gap():
    ids = [each.id for each in profile().requirements]
    assert ids == [f"DI-CORE-{number:03d}" for number in range(1, 29)]


def test_no_requirement_passes_for_a_clause_of_a_standard():
    assert {each.source.kind for each in profile().requirements} == {"K"}


def test_what_writes_is_tested_in_seeded_environments_alone():
    for each in profile().requirements:
        assert each.check is not None
        probes = {ref.rpartition("/")[0] for ref in each.check.evidence.values()}
        writes = any(profile().probes[name].effect is not Effect.SAFE for name in probes)
        assert writes == any(it.ics == "seeded_environment" for it in each.applies), each.id
    assert profile().ics["seeded_environment"].default is False


def test_everything_that_is_created_is_removed():
    text = (library()._root / "profiles" / "probes" / "records.yaml").read_text("utf-8")  # noqa: SLF001
    assert text.count("operation: records.create") <= text.count("operation: records.delete") + 2
    for probe in profile().probes.values():
        names = {type(node).__name__ for node in probe.steps}
        assert (probe.effect is Effect.SAFE) == ("records.delete" not in repr(probe)), names


def test_what_no_published_text_demands_is_of_a_higher_level():
    binding = {each.id for each in profile().requirements if each.level == 1}
    assert binding == {f"DI-CORE-{number:03d}" for number in (5, 6, 7, 9, 10, 13, 23)}
    assert all(each.modal is Modal.SHALL for each in profile().requirements if each.level == 1)


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_fields(area):
    for check in registered().values():
        assert re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", check.name)
    assert Messages("en").has(f"{area}.{_any(area)}")


def _any(area: str) -> str:
    return {
        "conditional": "etag_absent",
        "contract": "field_missing",
        "media": "json_utf8",
        "problem": "details",
        "records": "times_valid",
        "status": "broken",
        "writes": "idempotent",
    }[area]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from([10**400, -0.0, "", "\u0000", "9" * 300, "2026-02-30"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["openapi", "info", "version", "paths", "/records", "get", "responses", "200",
                 "content", "application/json", "schema", "$ref", "allOf", "properties", "servers",
                 "url", "parameters", "items", "id", "name", "title", "status", "request_id"]
            ),
            inner,
        )
    ),
    max_leaves=16,
)  # fmt: skip
BODIES = JSON.map(lambda body: json.dumps(body).encode()) | st.sampled_from(
    [b"", b"NaN", b"<html>", b"\xff\xfe", b"[" * 3000, b'{"openapi": "3.1.0", "paths": {"/records":'
     b' {"get": {"responses": {"200": {"content": {"*/*": {"schema": {"$ref": "#"}}}}}}}}}']
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "ETag", "Last-Modified", "Retry-After", "Date", "Allow", "Link",
         "Cache-Control", "Deprecation", "Sunset", "API-Version", "X-Request-Id", "traceparent"]
    ),
    st.sampled_from(
        ["", "a", '"', 'W/"1"', "application/json", "application/json; charset=\"x", "@1", "@x", "-1",
         "99999999999", "Thu, 99 Jan 2015 00:00:00 GMT", '<a>; rel="next"', "<<>>;rel", ",,=", "v1.2"]
    ),
)  # fmt: skip
REPLIES = st.builds(
    reply,
    BODIES,
    status=st.sampled_from([200, 200, 201, 204, 304, 400, 401, 404, 405, 412, 415, 422, 429, 500]),
    headers=HEADERS,
    method=st.sampled_from(["GET", "HEAD", "POST", "PATCH"]),
    target=st.sampled_from(["/records", "/records?x=1", "/", "//", "/v1/%zz", "/old"]),
    sent=st.none() | JSON,
    asked=HEADERS,
    operation=st.sampled_from(["records.get", "records.list", "records.create"]),
    sent_at=st.sampled_from(["2026-06-01T04:00:00.000Z", "", "0001-01-01T00:00:00.000Z"]),
    outcome=st.just(OutcomeMap()) | st.just(OutcomeMap(pointer="/status", success=("200",))),
    on=st.sampled_from(["wire", "mapped"]),
)


@given(st.data())
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("use", [use for _, use in USES], ids=[f"{i}-{u.check}" for i, u in USES])
def test_no_answer_brings_a_check_down(use: CheckUse, data: st.DataObject):
    roles: dict[str, Any] = {}
    for role in registered()[use.check].roles:
        many = st.lists(REPLIES, min_size=1, max_size=2).map(tuple)
        roles[role.name] = data.draw(REPLIES if role.kind == "one" else many)
    verdict = call(use, **roles)
    if verdict is None:
        return
    assert verdict.outcome in {Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE}
    assert verdict.cites
    for lang in ("zh", "en"):
        assert Messages(lang).has(verdict.code), verdict.code
    assert fields(template_of("en", verdict.code) or "") <= set(verdict.args), verdict.code
    for value in verdict.args.values():
        for each in value if isinstance(value, tuple) else (value,):
            assert not isinstance(each, str) or len(each) <= 200
