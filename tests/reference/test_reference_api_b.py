import json
import re
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from reference_wire import BASE, NOW, Wire, reference, signed


@pytest.fixture(scope="module")
def api() -> Iterator[Wire]:
    with reference("catalog_api_b", "--now", NOW) as wire:
        yield wire


def post(api: Wire, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
    said = api.send("POST", path, headers or {}, json.dumps(body).encode())
    assert said.status == 200
    assert set(said.body) == {"code", "msg", "data"}
    return said.body


def call(api: Wire, operation: str, body: object) -> Any:
    path = BASE + operation
    headers = signed(path, json.dumps(body).encode(), secrets.token_hex(8))
    return post(api, path, body, headers)


def rows(api: Wire, size: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, 50):
        data = call(api, "catalog/query", {"pageNum": page, "pageSize": size})["data"]
        assert data["count"] == 41
        if not data["rows"]:
            break
        found += data["rows"]
    return found


def test_walking_gives_each_entry_once_and_sizes_are_clamped(api: Wire) -> None:
    assert rows(api, 10) == rows(api, 7)
    assert len({r["zybh"] for r in rows(api, 10)}) == 41
    assert len({r["zymc"] for r in rows(api, 10)}) == 41
    with reference("catalog_api_b", "--size", "60") as large:
        body = call(large, "catalog/query", {"pageNum": 1, "pageSize": 1000})
        assert (len(body["data"]["rows"]), body["data"]["count"]) == (50, 60)


def test_values_are_the_vendors(api: Wire) -> None:
    found = rows(api, 20)
    assert {r["gxlx"] for r in found} == {"1", "2", "3"}
    assert {r["kflx"] for r in found} == {"1", "2", "3"}
    for row in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", row["sjgxsj"])
        assert row["fbrq"] <= row["sjgxsj"] <= "2026-11-22T18:00:00"
    real_time = next(r["sjgxsj"] for r in found if r["gxzq"] == "实时")
    local = datetime.fromisoformat(NOW).timestamp() + 8 * 3600
    assert abs(datetime.fromisoformat(real_time + "+00:00").timestamp() - local) < 60


def test_list_and_detail_agree(api: Wire) -> None:
    for row in rows(api, 20):
        detail = call(api, "catalog/detail", {"zybh": row["zybh"]})["data"]
        assert {k: detail[k] for k in row} == row
        more = {"xxx", "fwdz"} if row["gxlx"] != "3" else {"xxx"}
        assert set(detail) - set(row) == more


def test_ids_are_drawn_anew_each_start(api: Wire) -> None:
    with reference("catalog_api_b", "--now", NOW) as other:
        here, there = rows(api, 20), rows(other, 20)
    assert not {r["zybh"] for r in here} & {r["zybh"] for r in there}
    assert [r["zymc"] for r in here] == [r["zymc"] for r in there]


def test_search_finds_titles_and_nothing_else(api: Wire) -> None:
    for row in rows(api, 20):
        data = call(api, "catalog/search", {"gjz": row["zymc"], "pageNum": 1, "pageSize": 10})
        assert [r["zybh"] for r in data["data"]["rows"]] == [row["zybh"]]
    data = call(api, "catalog/search", {"gjz": "q7Zk0", "pageNum": 1, "pageSize": 10})["data"]
    assert data == {"rows": [], "count": 0}


def test_records_are_paged_by_an_opaque_cursor_bound_to_them(api: Wire) -> None:
    shared = [r["zybh"] for r in rows(api, 20) if r["gxlx"] != "3"]
    first, other = shared[3], shared[4]
    seen: list[Any] = []
    cursor, cursors = None, []
    while True:
        body = {"zybh": first, "pageSize": 2, "next": cursor}
        data = call(api, "dataset/records", body)["data"]
        seen += data["rows"]
        cursor = data["next"]
        if cursor is None:
            break
        cursors.append(cursor)
    whole = call(api, "dataset/records", {"zybh": first, "pageSize": 50})["data"]
    assert (whole["rows"], whole["count"], whole["next"]) == (seen, len(seen), None)
    assert cursors
    for wrong in (cursors[0][:-4] + "AAAA", "é", 7, ""):
        assert call(api, "dataset/records", {"zybh": first, "next": wrong})["code"] == "400"
    assert call(api, "dataset/records", {"zybh": other, "next": cursors[0]})["code"] == "400"


def test_schema_and_service_answer(api: Wire) -> None:
    for row in rows(api, 20):
        detail = call(api, "catalog/detail", {"zybh": row["zybh"]})["data"]
        fields = call(api, "dataset/schema", {"zybh": row["zybh"]})["data"]["rows"]
        assert [{"mc": i["mc"], "lx": i["lx"]} for i in detail["xxx"]] == fields
        if row["gxlx"] == "3":
            assert call(api, "dataset/records", {"zybh": row["zybh"]})["code"] == "403"
        else:
            served = call(api, detail["fwdz"].removeprefix(BASE), {})
            assert served["code"] == "200"
            assert served["data"]["rows"]


def test_the_responsibility_list_is_paged_by_offset(api: Wire) -> None:
    whole = call(api, "responsibility/list", {"offset": 0, "limit": 50})["data"]
    parts = [call(api, "responsibility/list", {"offset": n, "limit": 3}) for n in (0, 3, 6, 9)]
    assert [r for part in parts for r in part["data"]["rows"]] == whole["rows"]
    assert whole["count"] == len(whole["rows"]) == 8
    for duty in whole["rows"]:
        assert set(duty) == {"qdbh", "qdmc", "tgf", "zybh"}
        assert call(api, "catalog/detail", {"zybh": duty["zybh"]})["code"] == "200"


def test_faults_are_business_codes(api: Wire) -> None:
    assert call(api, "catalog/detail", {"zybh": "none"}) == {
        "code": "404",
        "msg": "资源不存在",
        "data": None,
    }
    assert call(api, "nothing", {})["code"] == "404"
    assert call(api, "catalog/query", {"pageNum": 0})["code"] == "400"
    assert call(api, "catalog/query", {"pageNum": True})["code"] == "400"
    assert call(api, "catalog/query", [])["code"] == "400"
    assert api.send("GET", BASE + "catalog/query", {}).body["code"] == "405"
    assert api.send("POST", BASE + "catalog/query", {}, b"[" * 60_000).body["code"] == "400"
    assert api.send("POST", BASE + "catalog/query", {}, b" " * 70_000).body["code"] == "413"


def test_hidden_items_are_empty_for_the_unsigned(api: Wire) -> None:
    for row in rows(api, 20):
        body = {"zybh": row["zybh"]}
        known = call(api, "catalog/detail", body)["data"]
        anonymous = post(api, BASE + "catalog/detail", body)["data"]
        assert known["xxx"]
        assert anonymous == known | ({"xxx": []} if row["gxlx"] == "3" else {})


def test_data_need_a_signature(api: Wire) -> None:
    ident = rows(api, 20)[0]["zybh"]
    for operation in ("dataset/schema", "dataset/records", f"data/{ident}", "responsibility/list"):
        assert post(api, BASE + operation, {"zybh": ident})["code"] == "401"
        assert call(api, operation, {"zybh": ident})["code"] == "200"


@pytest.mark.parametrize("operation", ["responsibility/list", "catalog/query"])
def test_wrong_signatures_and_replays_are_refused_everywhere(api: Wire, operation: str) -> None:
    path, body = BASE + operation, b"{}"
    right = signed(path, body, secrets.token_hex(8))
    late = str(time.time_ns() // 1_000_000 - 400_000)
    wrong = [
        signed(path, body, secrets.token_hex(8), secret="other"),
        signed(path, body, secrets.token_hex(8), app="other"),
        signed(path, body, secrets.token_hex(8), stamp=late),
        signed(path, body, ""),
        signed(path + "x", body, secrets.token_hex(8)),
        signed(path, b'{"limit":1}', secrets.token_hex(8)),
        right | {"X-Nonce": "altered"},
        {k: v for k, v in right.items() if k != "X-Signature"},
    ]
    assert [post(api, path, {}, headers)["code"] for headers in wrong] == ["401"] * len(wrong)
    assert post(api, path, {}, right)["code"] == "200"
    assert post(api, path, {}, right)["code"] == "401"
