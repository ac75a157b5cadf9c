"""Guessing a target file: what comes out of samples, and what must never come out."""

import json
from pathlib import Path

import pytest
from target_bench import HERE, PROFILE, SAMPLES, guessed, operations_uncommented, read_back, written
from target_bench import sample as written_sample

from cqsc_conform.catalog.guess.draft import Draft
from cqsc_conform.catalog.guess.names import PARAMETERS, best_name, elements_of, wanted_elements
from cqsc_conform.errors import KitError
from cqsc_conform.model.operation import Constant, Operation, Parameter

ALL = [*SAMPLES, "template"]


def page_of(name: str) -> str:
    return written(Draft(source="template")) if name == "template" else written_sample(name)


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_is_the_snapshot(name: str) -> None:
    assert page_of(name) == (HERE / "snapshots" / f"{name}.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_is_a_valid_target_file(name: str, tmp_path: Path) -> None:
    loaded, operations = read_back(page_of(name), tmp_path)
    assert set(operations) == set(PROFILE.operations)
    assert loaded.target.profiles == ("di-catalog",)


@pytest.mark.parametrize("name", ALL)
def test_every_section_of_a_target_file_is_shown(name: str) -> None:
    page = page_of(name)
    for section in (
        "subject", "profiles", "network_zone", "data_class", "endpoints", "identities",
        "operations", "outcome", "charset", "timezone", "codecs", "ics", "ixit", "time_scale",
        "sensitive_fields", "authorization", "limits",
    ):  # fmt: skip
        assert f"\n{section}:" in page or f"\n# {section}:" in page


def test_default_operations_may_be_uncommented(tmp_path: Path) -> None:
    page = operations_uncommented(page_of("template"))
    loaded, operations = read_back(page, tmp_path)
    assert set(loaded.target.operations) == set(PROFILE.operations)
    for name, operation in operations.items():
        default = PROFILE.operations[name]
        assert (operation.path, operation.items) == (default.path, default.items)


def operation(name: str, of: str, folder: Path) -> Operation:
    return read_back(written_sample(name), folder)[1][of]


def test_pinyin_initials_and_chinese_titles_are_understood(tmp_path: Path) -> None:
    got = operation("pinyin", "catalog.get", tmp_path)
    assert got.method == "POST"
    assert got.path == "/gateway/api/v2/catalog/detail"
    assert got.item == "/data"
    assert got.parameter("id") == Parameter(name="zybh", place="body")
    assert got.element("title").at == "/zymc"
    assert got.element("provider_code").at == "/tgfdm"
    assert got.element("updated").at == "/sjgxsj"
    assert got.element("items").each == {"name": "/mc", "title": "/bt", "type": "/lx"}
    assert got.element("share_type").values == {
        "1": "无条件共享",
        "2": "有条件共享",
        "3": "不予共享",
    }


def test_every_style_of_paging_is_recognised(tmp_path: Path) -> None:
    pages = operation("pinyin", "catalog.list", tmp_path)
    assert pages.paging.style == "page"
    assert pages.parameter("page").name == "pageNum"
    assert pages.total == "/data/count"
    duties = operation("pinyin", "responsibility.list", tmp_path)
    assert duties.paging.style == "offset"
    assert duties.parameter("page_size").name == "limit"
    records = operation("pinyin", "dataset.records", tmp_path)
    assert (records.paging.style, records.paging.cursor) == ("cursor", "/data/next")


def test_an_english_api_that_counts_from_zero(tmp_path: Path) -> None:
    listing = operation("english", "catalog.list", tmp_path)
    assert listing.path == "/api/v1/resources"
    assert listing.paging.first == 0
    assert (listing.items, listing.total) == ("/content", "/totalElements")
    assert listing.constants == {"tenant": "cq"}
    assert operation("english", "catalog.search", tmp_path).parameter("keyword").name == "q"
    schema = operation("english", "dataset.schema", tmp_path)
    assert (schema.items, schema.element("name").at) == ("/columns", "/columnName")


def test_names_that_templates_cannot_hold_are_replaced(tmp_path: Path) -> None:
    got = operation("swagger", "catalog.get", tmp_path)
    assert got.path == "/svc/ml/{id}"
    assert got.parameter("id") == Parameter(name="id", place="path")
    assert got.element("share_mode").at == "/shared~1by"


def test_a_list_without_a_keyword_is_not_taken_for_a_search() -> None:
    kind, file = SAMPLES["swagger"]
    draft = guessed(kind, (HERE / "samples" / file).read_bytes())
    assert "catalog.search" in draft.missing


def test_envelopes_are_filled_by_pointer(tmp_path: Path) -> None:
    listing = operation("signed", "catalog.list", tmp_path)
    assert listing.parameter("page") == Parameter(name="/body/pageIndex", place="body")
    assert listing.constants == {"/head/version": 1, "/head/traceId": "FILL-IN"}


def test_constants_in_headers_are_kept(tmp_path: Path) -> None:
    listing = operation("gateway", "catalog.list", tmp_path)
    assert listing.constants["X-Tenant"] == Constant(value="1001", place="header")


@pytest.mark.parametrize("name", SAMPLES)
def test_no_planted_secret_is_copied(name: str) -> None:
    kind, file = SAMPLES[name]
    data = (HERE / "samples" / file).read_bytes()
    draft = guessed(kind, data)
    assert "PLANTED" not in written(draft)
    assert "PLANTED" not in repr(draft)


def test_replaced_secrets_are_told() -> None:
    for name in ("gateway", "catalogue", "signed"):
        kind, file = SAMPLES[name]
        draft = guessed(kind, (HERE / "samples" / file).read_bytes())
        assert "target.guess_secret" in {note.code for note in draft.notes}
        assert draft.identity is not None
        assert "env:" in repr(draft.identity)


SECRETS = ["hunter2", "Tr0ub4dor", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.x", "9f8e7d6c5b4a", "p@ss w0rd"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", ["k", "sig2", "xcode", "accessToken", "pwd", "X-Thing"])
def test_a_value_that_may_be_secret_is_never_copied(secret: str, name: str) -> None:
    command = (
        f"# 目录列表\ncurl 'https://api.example.org/catalog/list?page=1&{name}={secret}'"
        f" -H '{name}: {secret}'\n"
        f"# 目录详情\ncurl -X POST https://u:{secret}@api.example.org/catalog/detail"
        f" -H 'Content-Type: application/json' -d '{json.dumps({'id': '1', name: secret})}'\n"
    )
    draft = guessed("curl", command.encode())
    assert secret not in written(draft)
    assert secret not in repr(draft.notes)


def test_a_guess_names_its_ground_and_confidence() -> None:
    page = written_sample("pinyin")
    line = next(row for row in page.splitlines() if row.strip().startswith("title: /zymc"))
    assert "guessed (sure), check" in line
    assert "推测" in line
    assert "zymc 信息资源名称" in line


def test_no_member_stands_for_two_elements() -> None:
    draft = guessed("openapi", (HERE / "samples" / "pinyin.openapi.yaml").read_bytes())
    for each in draft.operations:
        places = [
            guess.value["at"] if isinstance(guess.value, dict) else guess.value
            for guess in each.elements.values()
        ]
        assert len(places) == len(set(places))


@pytest.mark.parametrize("name", ["catalog.get", "responsibility.list", "dataset.schema"])
def test_every_wanted_element_has_names_in_both_scripts(name: str) -> None:
    known = elements_of(name)
    for element in wanted_elements(name):
        words = known[element]
        assert any(word.isascii() for word in words)
        assert any(not word.isascii() for word in words)


def test_names_are_compared_without_case_and_punctuation() -> None:
    for spelled in ("PAGE_NUM", "page-num", "pageNum"):
        found = best_name("page", PARAMETERS["page"], {spelled: ""})
        assert found is not None
        assert found.name == spelled
    assert best_name("page", PARAMETERS["page"], {"homepage": ""}) is None


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("openapi", b"{}", "target.source_openapi"),
        ("openapi", b'{"openapi": "4.0.0"}', "target.source_openapi"),
        ("openapi", b"[1, 2]", "target.source_object"),
        ("openapi", b'{"openapi": ', "target.source_json"),
        ("openapi", b"openapi: [", "load.yaml_syntax"),
        ("postman", b'{"info": {}}', "target.source_postman"),
        ("curl", b"wget http://x", "target.source_curl"),
        ("curl", b"\xff\xfe", "target.source_text"),
    ],
)
def test_what_cannot_be_read_is_told(kind: str, data: bytes, code: str) -> None:
    with pytest.raises(KitError) as caught:
        guessed(kind, data)
    assert caught.value.code == code
