"""Target files: checked against themselves, secrets by reference, laid over the defaults."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import (
    LoadedTarget,
    effective_operations,
    is_authorized_at,
    is_loopback,
    read_job,
    read_target,
    unsupported_operations,
)
from cqsc_conform.errors import Blame, KitError

TARGET = """\
schema: cqsc-target/1
subject:
  maker: {name: 示例公司}
  name: 目录平台
  proof: {by: version_endpoint, path: /version, pointer: /build}
endpoints:
  api: {url: "http://127.0.0.1:8080/base"}
charset: GBK
timezone: Asia/Shanghai
time_scale: 0.5
limits: {connect_seconds: 1.5}
outcome: {pointer: /code, success: ["0"], denied: ["401"]}
identities:
  default: {use: {scheme: bearer, token: "env:TOKEN"}}
  basic: {use: {scheme: basic, username: u, password: "prompt:口令"}}
  key: {use: {scheme: key, name: X-Key, value: "file:/run/key"}}
  app: {use: {scheme: signed, app_id: a, secret: "file:s.txt", preset: gateway-hmac}}
  own: {use: {scheme: signed, app_id: a, secret: "env:S", string_to_sign: "{path}", algorithm: SM3}}
  anonymous: {use: {scheme: none}}
  fetched:
    use: {scheme: bearer, token: ""}
    refresh: {url: "http://localhost:9/t", token: /data/token, fields: {client_secret: "env:C"}}
  renewed:
    use: {scheme: signed, app_id: a, secret: "", preset: gateway-hmac}
    refresh: {url: "http://localhost:9/s", token: /secret}
operations:
  catalog.list:
    path: /api/ml
    method: POST
    parameters: {page: pageNum, size: {name: /body/size, place: body}}
    elements: {title: /zymc, code: {at: /xxzydm}}
    items: /data/rows
  responsibility.list: {supported: false}
ixit: {tolerance_days: "3", ratio: 0.5}
authorization:
  not_before: "2026-01-01"
  not_after: 2026-12-31
  source_addresses: [192.0.2.0/24]
"""
SECRET = "hunter2-hunter2"
Say = Callable[[KitError], str]
Read = Callable[[str], LoadedTarget]


@pytest.fixture
def read(tmp_path: Path, fixture_library: Library) -> Read:
    def of(text: str) -> LoadedTarget:
        path = tmp_path / "target.yaml"
        path.write_text(text)
        return read_target(path, fixture_library)

    return of


def test_a_target_is_read(read: Read) -> None:
    loaded = read(TARGET)
    assert loaded.target.charset == "gb18030"
    assert loaded.target.time_scale == 0.5
    assert loaded.target.limits.connect_seconds == 1.5
    assert loaded.target.ixit == {"tolerance_days": "3", "ratio": "0.5"}
    assert loaded.digest.startswith("sha256:")
    assert loaded.positions.of("/charset") == (8, 10)
    assert is_loopback(loaded.target)


def test_the_digest_is_of_what_is_said_not_of_how(read: Read) -> None:
    first = read(TARGET).digest
    assert read(TARGET.replace("charset: GBK", "charset:   'gb18030'   # same")).digest == first
    assert read(TARGET.replace("charset: GBK", "charset: utf-8")).digest != first
    assert read(TARGET.replace("env:TOKEN", "env:OTHER")).digest != first


FAULTS = [
    ("http://127.0.0.1:8080/base", "ftp://127.0.0.1", "load.url_scheme"),
    ("http://127.0.0.1:8080/base", "127.0.0.1:8080", "load.url_scheme"),
    ("http://127.0.0.1:8080/base", "http://", "load.url"),
    ("http://127.0.0.1:8080/base", "http://x:99999/", "load.url"),
    ("http://127.0.0.1:8080/base", "http://x/#f", "load.url"),
    ("http://127.0.0.1:8080/base", "http://[::1/", "load.url"),
    ("http://127.0.0.1:8080/base", "http://a b/", "load.url"),
    ("http://127.0.0.1:8080/base", f"http://x/?token={SECRET}", "load.url"),
    ("http://127.0.0.1:8080/base", f"http://u:{SECRET}@x/", "load.url_credentials"),
    ("env:TOKEN", SECRET, "load.literal_secret"),
    ('"env:TOKEN"', "12345678", "load.type"),
    ('"env:TOKEN"', f"[{SECRET}]", "load.type"),
    ("prompt:口令", SECRET, "load.literal_secret"),
    ("file:/run/key", SECRET, "load.literal_secret"),
    ("file:s.txt", SECRET, "load.literal_secret"),
    ("env:C", SECRET, "load.literal_secret"),
    ('token: ""', f"token: {SECRET}", "load.literal_secret"),
    ("{scheme: none}", SECRET, "load.type"),
    ("scheme: none", f"scheme: {SECRET}", "load.not_listed"),
    ("token: /data/token", f"token: {SECRET}", "load.pointer"),
    ("path: /api/ml", f"path: /api/ml?token={SECRET}", "load.credential_here"),
    ("path: /api/ml", f"headers: {{Authorization: Bearer {SECRET}}}", "load.credential_here"),
    ("path: /api/ml", f"constants: {{access_token: {SECRET}}}", "load.credential_here"),
    ("preset: gateway-hmac", "preset: gatway-hmac", "load.unknown_preset_near"),
    (", algorithm: SM3", "", "load.missing"),
    ('"{path}"', '"{path"', "load.template"),
    ("path: /api/ml", "path: api/ml", "load.operation_path"),
    ("path: /api/ml", "path: /api/{id", "load.template"),
    ("path: /api/ml", "path: /x\n    endpoint: apy", "load.unknown_endpoint_near"),
    ("method: POST", "method: post", "load.method"),
    ("/zymc", "zymc", "load.pointer"),
    ("/xxzydm", "/x~2", "load.pointer"),
    ("/data/rows", "$.data.rows", "load.pointer"),
    ("/body/size", "/body/~", "load.pointer"),
    ("{at: /xxzydm}", "{at: /x, each: {name: mc}}", "load.pointer"),
    ("items: /data/rows", "paging: {style: cursor, cursor: next}", "load.pointer"),
    (
        "responsibility.list: {supported",
        "catalog.get: {elements: catalog.lst, supported",
        "load.unknown_elements_near",
    ),
    ("items: /data/rows", "constants: {/head/~: x}", "load.pointer"),
    ("items: /data/rows", "charset: big5", "load.charset"),
    ("GBK", "big5", "load.charset"),
    ("Asia/Shanghai", "Asia/Shangai", "load.unknown_timezone_near"),
    ("time_scale: 0.5", "time_scale: 0", "load.range"),
    ("time_scale: 0.5", "time_scale: -0.5", "load.range"),
    ("time_scale: 0.5", "time_scale: 1e999", "load.type"),
    ("time_scale: 0.5", "time_scale: '0.5'", "load.type"),
    ("2026-12-31", "2025-12-31", "load.window"),
    ("2026-12-31", "2026-02-30", "load.time"),
    ("2026-12-31", "2026-12-31T00:00:00", "load.time"),
    ("192.0.2.0/24", "192.0.2.0/99", "load.address"),
    ('success: ["0"]', 'success: ["401"]', "load.outcome_twice"),
    ('success: ["0"], ', "", "load.outcome_success"),
    ('success: ["0"]', "success: [0]", "load.type"),
    ("path: /version, ", "", "load.missing"),
    ("pointer: /build", "endpoint: apy", "load.unknown_endpoint_near"),
    ('/base"}', '/base", client_key: k}', "load.both_of"),
    ('/base"}', '/base", proxy: "socks://x"}', "load.url_scheme"),
    ("charset:", "chraset:", "load.unknown_name_near"),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), FAULTS, ids=[f"{row[2]}-{at}" for at, row in enumerate(FAULTS)]
)
def test_a_fault_is_told_and_no_secret_repeated(
    read: Read, old: str, new: str, code: str, said: Say
) -> None:
    assert old in TARGET
    with pytest.raises(KitError) as caught:
        read(TARGET.replace(old, new, 1))
    assert caught.value.code == "load.invalid"
    assert caught.value.blame is Blame.YOU
    assert [problem.code for problem in caught.value.problems] == [code]
    line = TARGET[: TARGET.index(old)].count("\n") + 1
    if code not in {"load.missing", "load.unknown_endpoint_near"}:
        assert caught.value.problems[0].where.split(":")[1] == str(line)
    words = said(caught.value)
    assert SECRET not in words
    assert "12345678" not in words


@pytest.mark.parametrize("zone", ["+08:00", "Z", "UTC", "Asia/Chongqing"])
def test_a_timezone_is_a_name_or_an_offset(read: Read, zone: str) -> None:
    text = TARGET.replace("Asia/Shanghai", f"'{zone}'")
    assert read(text).target.timezone == zone


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:80/", True),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://example.com/", False),
        ("http://0.0.0.0/", False),
    ],
)
def test_loopback_is_told_by_name_alone(read: Read, url: str, here: bool) -> None:
    loaded = read(TARGET.replace("http://127.0.0.1:8080/base", url))
    assert is_loopback(loaded.target) is here


def test_a_token_from_elsewhere_is_not_loopback(read: Read) -> None:
    assert not is_loopback(read(TARGET.replace("localhost:9", "example.com")).target)


def test_the_vendors_mapping_lies_over_the_default(read: Read, fixture_library: Library) -> None:
    defaults = fixture_library.profile("di-catalog").operations
    known = fixture_library.operation_names()
    loaded = read(TARGET)
    laid = effective_operations(defaults, loaded, known)
    listing = laid["catalog.list"]
    assert (listing.method, listing.path, listing.items) == ("POST", "/api/ml", "/data/rows")
    assert listing.total == defaults["catalog.list"].total
    assert listing.paging == defaults["catalog.list"].paging
    assert listing.parameter("page").name == "pageNum"
    assert listing.parameter("page_size").name == "page_size"
    assert listing.element("title").at == "/zymc"
    assert listing.element("provider").at == "/provider"
    assert laid["catalog.get"] == defaults["catalog.get"]


def test_elements_may_be_those_of_another_operation(read: Read, fixture_library: Library) -> None:
    defaults = fixture_library.profile("di-catalog").operations
    loaded = read(
        TARGET.replace(
            "responsibility.list: {supported: false}", "catalog.get: {elements: catalog.list}"
        )
    )
    laid = effective_operations(defaults, loaded, fixture_library.operation_names())
    assert laid["catalog.get"].elements["title"] == laid["catalog.list"].elements["title"]


def test_an_unsupported_operation_is_left_out_and_told(
    read: Read, fixture_library: Library
) -> None:
    defaults = fixture_library.profile("di-catalog").operations
    known = fixture_library.operation_names()
    loaded = read(TARGET.replace("path: /api/ml", "supported: false\n    path: /api/ml"))
    assert set(effective_operations(defaults, loaded, known)) == {"catalog.get"}
    assert unsupported_operations(defaults, loaded.target) == ("catalog.list",)


def test_a_mapping_of_what_nobody_knows_is_refused(
    read: Read, fixture_library: Library, said: Say
) -> None:
    defaults = fixture_library.profile("di-catalog").operations
    loaded = read(TARGET.replace("catalog.list:", "catalog.lst:"))
    with pytest.raises(KitError) as caught:
        effective_operations(defaults, loaded, fixture_library.operation_names())
    (problem,) = caught.value.problems
    assert problem.code == "load.unknown_operation_near"
    assert problem.args["nearest"] == "catalog.list"
    assert problem.where.split(":")[1] == "27"
    assert said(caught.value)
    with pytest.raises(KitError):
        effective_operations(defaults, read(TARGET))


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), False),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), False),
    ],
)
def test_the_window_counts_whole_days_in_chinas_offset(
    read: Read, now: datetime, allowed: bool
) -> None:
    assert is_authorized_at(read(TARGET).target.authorization, now) is allowed


def test_without_a_window_every_moment_is_inside(read: Read) -> None:
    text = TARGET[: TARGET.index("authorization:")]
    assert is_authorized_at(read(text).target.authorization, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_missing_or_huge_file_is_told(tmp_path: Path, said: Say) -> None:
    for path, code in [
        (tmp_path / "none.yaml", "load.file_missing"),
        (tmp_path, "load.file_unreadable"),
        (tmp_path / "a\0b", "load.file_unreadable"),
        (tmp_path / "huge.yaml", "load.file_size"),
    ]:
        if path.name == "huge.yaml":
            path.write_bytes(b"#" * (2**20 + 1))
        with pytest.raises(KitError) as caught:
            read_target(path)
        assert caught.value.code == code
        assert said(caught.value)


JOB = """\
schema: cqsc-job/1
number: W-2026-001
client: {name: 示例公司}
laboratory: {name: 示例实验室, address: 重庆}
sample: {description: 接口, condition: 完好, received: 2026-03-01}
method: 符合性测试
decision_rule: 简单接受
people: [{name: 甲, role: tester}]
"""


def test_a_job_is_read_and_digested(tmp_path: Path, said: Say) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    loaded = read_job(path)
    assert loaded.job.number == "W-2026-001"
    first = loaded.digest
    path.write_text(JOB.replace("完好", "破损"))
    assert read_job(path).digest != first
    for old, new, code in [
        ("2026-03-01", "2026-03-32", "load.time"),
        ("tester", "boss", "load.not_listed"),
        ("method: 符合性测试\n", "", "load.missing"),
    ]:
        path.write_text(JOB.replace(old, new))
        with pytest.raises(KitError) as caught:
            read_job(path)
        assert [problem.code for problem in caught.value.problems] == [code]
        assert said(caught.value)
