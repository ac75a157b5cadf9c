"""What the two servers answer, as the live target files rely on it."""

import http.client
import json
import sqlite3
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from live import data

NOW = datetime(2026, 5, 6, 12, tzinfo=timezone(timedelta(hours=8)))


def get(origin: str, target: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=30)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def rows(origin: str, target: str) -> list[dict[str, Any]]:
    status, answer = get(origin, target)
    assert status == 200
    return answer["rows"]


def test_datasette_walks_by_cursor_and_counts_the_whole(datasette_url):
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        _, page = get(datasette_url, f"/catalog/zy.json?_shape=objects&_size=7&_next={cursor}")
        seen += [row["zyid"] for row in page["rows"]]
        cursor, pages = page["next"], pages + 1
        assert page["filtered_table_rows_count"] == 20
    assert (len(seen), len(set(seen)), pages) == (20, 20, 3)


def test_datasette_gives_one_row_with_parsed_columns(datasette_url):
    (row,) = rows(datasette_url, "/catalog/zy/cq-001.json?_shape=objects&_json=xxx&_json=glzy")
    assert set(row) == set(data.COLUMNS)
    assert row["xxx"][0] == {"name": "qxdm", "title": "区县代码", "type": "string"}
    assert row["glzy"] == []
    assert get(datasette_url, "/catalog/zy/none.json?_shape=objects") == (
        404,
        {"ok": False, "error": "Record not found", "status": 404, "title": None},
    )


def test_datasette_finds_a_whole_title_and_nothing_else(datasette_url):
    title = data.entries(NOW)[0]["zymc"] or ""
    where = "/catalog/zy.json?_shape=objects&_search="
    assert [row["zyid"] for row in rows(datasette_url, where + quote(title))] == ["cq-001"]
    assert len(rows(datasette_url, where + quote("空气质量日报"))) == 4
    assert rows(datasette_url, where + "zq8f3kx0") == []


def test_datasette_describes_a_dataset_from_the_live_table(datasette_url):
    fields = [{"name": "qxdm", "type": "string"}]
    fields += [{"name": "jcrq", "type": "date"}, {"name": "pm25", "type": "number"}]
    described = rows(datasette_url, "/catalog/ziduan.json?_shape=objects&id=cq-001")
    listed = rows(datasette_url, "/catalog/zd.json?_shape=objects&zyid=cq-001")
    assert described == fields
    assert {row["name"] for row in listed} == {field["name"] for field in fields}


def test_datasette_serves_every_entry_that_names_a_service(datasette_url):
    services = [row["fwdz"] for row in data.entries(NOW)]
    assert len([path for path in services if path is None]) == 2
    for path in services:
        assert path is None or len(rows(datasette_url, path)) == 7
    duties = rows(datasette_url, "/catalog/zrqd.json?_shape=objects")
    assert {duty["entry_id"] for duty in duties} < {row["zyid"] for row in data.entries(NOW)}


def test_the_catalogue_is_the_same_for_the_same_moment(tmp_path):
    connection = sqlite3.connect(data.build(tmp_path, NOW))
    try:
        stored = connection.execute("SELECT * FROM zy ORDER BY zydm").fetchall()
    finally:
        connection.close()
    assert stored == [tuple(row.values()) for row in data.entries(NOW)]
    assert len({row["zydm"] for row in data.entries(NOW)}) == data.ENTRIES


def test_prism_serves_the_examples(prism_url):
    status, page = get(prism_url, "/api/v1/resources?pageNum=1&pageSize=50")
    assert status == 200
    assert page["code"] == "0"
    assert page["data"]["totalCount"] == len(page["data"]["rows"]) == 3
    for brief in page["data"]["rows"]:
        _, detail = get(prism_url, f"/api/v1/resources/{brief['resourceId']}")
        assert detail["data"] | brief == detail["data"]
        _, described = get(prism_url, f"/api/v1/datasets/{brief['resourceId']}/columns")
        named = [(item["name"], item["type"]) for item in detail["data"]["columns"]]
        assert [(item["name"], item["type"]) for item in described["data"]["columns"]] == named


def test_prism_says_not_found_by_a_business_code(prism_url):
    absent = {"code": "40401", "msg": "资源不存在", "data": None}
    assert get(prism_url, "/api/v1/resources/none") == (200, absent)
    assert get(prism_url, "/api/v1/datasets/none/columns") == (200, absent)


def test_prism_answers_duties_whose_services_answer(prism_url):
    _, duties = get(prism_url, "/api/v1/duties")
    for duty in duties["data"]["rows"]:
        _, detail = get(prism_url, f"/api/v1/resources/{duty['resourceId']}")
        assert get(prism_url, detail["data"]["serviceUrl"])[0] == 200


@pytest.mark.parametrize("query", ["?pageNum=2&pageSize=1", "?q=zq8f3kx0"])
def test_prism_pays_no_heed_to_paging_and_keywords(prism_url, query):
    assert get(prism_url, "/api/v1/resources" + query) == get(prism_url, "/api/v1/resources")


def test_prism_refuses_a_parameter_of_the_wrong_type(prism_url):
    status, problem = get(prism_url, "/api/v1/resources?pageNum=x")
    assert (status, problem["status"]) == (422, 422)
