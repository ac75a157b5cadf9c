"""Laws over di-core: every check bound, every verdict said, no answer that brings one down."""

import json
from typing import Any

import polib
import pytest
from core_evidence import call, profile, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from cqsc_conform.checks import registered
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.outcome import Effect, Modal, Outcome
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.reports.messages import Messages, fields, template_of
from cqsc_conform.resources import locales_root

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


def test_what_writes_removes_what_it_created():
    for name, probe in profile().probes.items():
        made = repr(probe.steps).count("'records.create'")
        removed = repr(probe.steps).count("'records.delete'")
        assert made == removed, name
        assert (probe.effect is Effect.SAFE) == (made == 0), name


def test_what_no_published_text_demands_is_of_a_higher_level():
    binding = {each.id for each in profile().requirements if each.level == 1}
    assert binding == {f"DI-CORE-{number:03d}" for number in (5, 6, 7, 9, 10, 13, 23)}
    assert all(each.modal is Modal.SHALL for each in profile().requirements if each.level == 1)


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_fields(area):
    said = {
        lang: {row.msgid: row.msgstr for row in polib.pofile(_catalogue(lang, area))}
        for lang in ("zh_CN", "en")
    }
    assert set(said["zh_CN"]) == set(said["en"])
    for code, sentence in said["en"].items():
        assert code.startswith(f"{area}.")
        assert fields(sentence) == fields(said["zh_CN"][code]), code


def _catalogue(lang: str, area: str) -> str:
    return (locales_root() / lang / f"{area}.po").read_text("utf-8")


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
LOOPING = (
    b'{"openapi": "3.1.0", "paths": {"/records": {"get": {"responses": {"200":'
    b' {"content": {"*/*": {"schema": {"$ref": "#"}}}}}}}}}'
)
BODIES = JSON.map(lambda body: json.dumps(body).encode()) | st.sampled_from(
    [b"", b"NaN", b"<html>", b"\xff\xfe", b"[" * 3000, LOOPING]
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "ETag", "Last-Modified", "Retry-After", "Date", "Allow", "Link",
         "Cache-Control", "Deprecation", "Sunset", "API-Version", "X-Request-Id", "traceparent"]
    ),
    st.sampled_from(
        ["", "a", '"', 'W/"1"', "application/json", "application/json; charset=x;", "@1", "@x",
         "-1", "99999999999", "Thu, 99 Jan 2015 00:00:00 GMT", '<a>; rel="next"', "<<>>;rel", ",,=",
         "v1.2"]
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


@given(st.lists(REPLIES, min_size=3, max_size=5), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_no_answer_brings_a_check_down(pool: list[Reply], step: int):
    for offset, (name, use) in enumerate(USES):
        roles: dict[str, Any] = {}
        for at, role in enumerate(registered()[use.check].roles):
            chosen = pool[(offset + at * step) % len(pool)]
            roles[role.name] = chosen if role.kind == "one" else (chosen, pool[at % len(pool)])
        verdict = call(use, **roles)
        if verdict is not None:
            _said_well(verdict, name)


def _said_well(verdict: Verdict, name: str) -> None:
    assert verdict.outcome in {Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE}, name
    assert verdict.cites, name
    for lang in ("zh", "en"):
        assert Messages(lang).has(verdict.code), verdict.code
    assert fields(template_of("en", verdict.code) or "") <= set(verdict.args), verdict.code
    for value in verdict.args.values():
        for each in value if isinstance(value, tuple) else (value,):
            assert not isinstance(each, str) or len(each) <= 200, verdict.code
