"""Laws over the whole profile: every check bound, every code said, no body that brings one down."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from check_evidence import ENTRY, call, profile, reply, tables
from hypothesis import given, settings
from hypothesis import strategies as st

import cqsc_conform.checks
from cqsc_conform.checks import registered
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.reports.messages import Messages, fields
from cqsc_conform.resources import locales_root

AREAS = ("catalog", "paging", "reply")
USES = tuple(
    (each.id, use)
    for each in profile().requirements
    for use in (each.check, each.controls.before, each.controls.after)
    if use is not None
)


@pytest.mark.parametrize(("requirement", "use"), USES, ids=lambda each: str(each)[:20])
def test_each_use_gives_a_check_what_it_takes(requirement, use):
    check = registered()[use.check]
    assert set(use.evidence) == {role.name for role in check.roles}, requirement
    assert check.required <= set(use.with_) <= set(check.params)
    assert set(use.tables) == check.tables
    assert set(use.tables.values()) <= set(tables())


def test_requirements_are_numbered_without_gap_and_one_is_a_draft():
    ids = [each.id for each in profile().requirements]
    assert ids == [f"DI-CATALOG-{number:03d}" for number in range(1, len(ids) + 1)]
    drafts = [each.id for each in profile().requirements if each.status.value == "draft"]
    assert drafts == ["DI-CATALOG-023"]


def test_the_words_are_those_of_the_drafting_rules():
    for each in profile().requirements:
        assert each.modal.value in each.text.zh, each.id
        for text in (each.text.zh, each.hint.zh, each.title.zh):
            assert not re.search("必须|不得", text), each.id
        verb = {"应": " shall ", "宜": " should ", "可": " may "}[each.modal.value]
        assert verb in each.text.en, each.id


def test_no_standard_is_claimed_that_was_not_read():
    for each in profile().requirements:
        if each.source.kind == "S" and each.status.value == "active":
            assert each.source.text_read == "quoted", each.id
            assert each.source.vectors, each.id


def spoken() -> Iterator[tuple[str, str]]:
    """Give the codes that stand in checks, with their files; names of checks left out."""
    folder = Path(cqsc_conform.checks.__file__).parent
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            id(word)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for decorator in function.decorator_list
            for word in ast.walk(decorator)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                area, dot, rest = node.value.partition(".")
                whole = bool(dot and rest) and rest.replace("_", "").isalnum() and rest[-1] != "_"
                if area in AREAS and whole and id(node) not in named and "[" not in rest:
                    yield node.value, path.name


def said(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for area in AREAS:
        for row in polib.pofile((locales_root() / folder / f"{area}.po").read_text("utf-8")):
            found[row.msgid] = row.msgstr
    return found


def test_every_code_has_a_sentence_with_the_same_fields_in_both_languages():
    zh, en = said("zh_CN"), said("en")
    assert set(zh) == set(en)
    for code, sentence in zh.items():
        assert fields(sentence) == fields(en[code]), code
    for code, place in spoken():
        assert code in zh, (code, place)


def test_every_sentence_is_spoken():
    built = ("catalog.time_", "catalog.provider_code_", "paging.")
    unsaid = set(said("en")) - {code for code, _ in spoken()}
    assert not [code for code in unsaid if not code.startswith(built)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from([10**400, -0.0, 1e308, "", " ", "\u0000", "9" * 500, "2026-02-30"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*ENTRY, "total", "fields", "name", "type"]), inner)
    ),
    max_leaves=12,
)
NEARLY = st.builds(
    lambda entry, changes: {**entry, **changes},
    st.just(ENTRY),
    st.dictionaries(st.sampled_from([*ENTRY, "share_condition", "entry_id"]), JSON, max_size=4),
)
BODIES = st.one_of(
    JSON,
    NEARLY,
    st.builds(lambda items, total: {"items": items, "total": total}, st.lists(NEARLY | JSON), JSON),
    st.builds(lambda rows: {"fields": rows}, st.lists(JSON, max_size=4)),
).map(lambda body: json.dumps(body).encode()) | st.sampled_from(
    [b"", b"NaN", b'{"total": NaN}', b"<html>", b"\xff\xfe", b"[" * 3000, b'"\\ud800"']
)
REPLIES = st.builds(
    reply,
    BODIES,
    st.sampled_from(sorted(profile().operations)),
    place=st.sampled_from(["a/b.1", "a[1]/b.2"]),
    status=st.sampled_from([200, 200, 200, 204, 302, 400, 401, 404, 429, 500]),
    params=st.dictionaries(st.sampled_from(["id", "keyword", "page_size"]), st.text(max_size=8)),
    sent_at=st.sampled_from(["2026-06-01T04:00:00.000Z", "", "0001-01-01T00:00:00.000Z"]),
    outcome=st.just(OutcomeMap()) | st.just(OutcomeMap(pointer="/code", success=("200",))),
    timezone=st.sampled_from([None, "Asia/Shanghai", "Mars/Base"]),
)


@given(st.data())
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("use", [use for _, use in USES], ids=[f"{i}-{u.check}" for i, u in USES])
def test_no_answer_brings_a_check_down(use: CheckUse, data: st.DataObject):
    roles: dict[str, Any] = {}
    for role in registered()[use.check].roles:
        many = st.lists(REPLIES, min_size=1, max_size=3).map(tuple)
        roles[role.name] = data.draw(REPLIES if role.kind == "one" else many)
    verdict = call(use, **roles)
    if verdict is None:
        return
    assert verdict.outcome in {Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE}
    assert verdict.cites
    given_ids = {
        each.id
        for role in roles.values()
        for each in ((role,) if isinstance(role, Reply) else role)
    }
    assert set(verdict.cites) <= given_ids
    for lang in ("zh", "en"):
        assert Messages(lang).has(verdict.code), verdict.code
    assert fields(said("en")[verdict.code]) <= set(verdict.args), verdict.code
    for value in verdict.args.values():
        for each in value if isinstance(value, tuple) else (value,):
            assert not isinstance(each, str) or len(each) <= 200
