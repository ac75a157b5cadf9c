"""The reference exchange APIs as their sockets show them."""

import base64
import hashlib
import json
from collections.abc import Iterator

import pytest
from reference_wire import NOW, TOKEN, Wire, reference

from cqsc_conform.reference.mutants.exchange import MUTANTS

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def api() -> Iterator[Wire]:
    with reference("exchange_api", "--now", NOW) as wire:
        yield wire


@pytest.fixture(scope="module")
def other() -> Iterator[Wire]:
    with reference("exchange_api_b", "--now", NOW) as wire:
        yield wire


def walk(api, path="/records", **query):
    rows, cursor = [], None
    for _ in range(99):
        more = {} if cursor is None else {"cursor": cursor}
        body = api.get(path, **query, **more).body
        rows += body["items"]
        cursor = body["next"]
        if cursor is None:
            return rows
    raise AssertionError(path)


def create(api, name, key):
    body = json.dumps({"name": name, "region": "500103"}).encode()
    return api.send("POST", "/records", {**BEARER, "Idempotency-Key": key}, body)


def test_every_page_size_gives_the_same(api):
    whole = walk(api, limit=50)
    assert len({row["id"] for row in whole}) == len(whole) == 60
    for size in (1, 7, 59, 60, 1000):
        assert walk(api, limit=size) == whole


def test_what_is_no_query_is_refused(api):
    cursor = api.get("/records", limit=3).body["next"]
    assert api.get("/records", limit=4, cursor=cursor).status == 200
    for query in (
        {"limit": "0"},
        {"limit": "x"},
        {"cursor": "x" + cursor},
        {"cursor": cursor, "region": "500103"},
        {"cursor": "é"},
        {"sort": "name"},
        {"fields": "secret"},
        {"updated_from": "yesterday"},
        {"updated_from": "2026-01-01T00:00:00"},
        {"colour": "red"},
    ):
        assert api.get("/records", **query).status == 400, query
    assert api.get("/records", token=None).status == 401
    assert api.get("/records/none").status == 404
    assert api.get("/nowhere").status == 404


def test_writing_is_once_and_leaves_a_trace(api):
    before = walk(api, limit=50)
    first, again = create(api, "甲", "k1"), create(api, "甲", "k1")
    assert (first.status, again.body) == (201, first.body)
    assert create(api, "乙", "k1").status == 422
    path = first.headers["location"]
    assert api.get(path).body == first.body
    assert api.send("DELETE", path, BEARER).status == 204
    assert api.send("DELETE", path, BEARER).status == 404
    told = walk(api, "/records/changes", since=first.body["created"])
    assert [(row["id"], row["change"]) for row in told] == [(first.body["id"], "delete")]
    assert walk(api, limit=50) == before


def test_the_export_has_its_digest(api):
    connection = api._connection
    connection.request("GET", "/records/export", headers=BEARER)
    answer = connection.getresponse()
    data = answer.read()
    true = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert answer.getheader("Repr-Digest") == f"sha-256=:{true}:"
    assert [json.loads(line) for line in data.splitlines()] == walk(api, limit=50)


def post(other, name, **body):
    return other.send("POST", f"/prod-api/gxjh/{name}", BEARER, json.dumps(body).encode())


def test_the_second_says_everything_with_200(other):
    said = post(other, "list", pageNum=1, pageSize=1000)
    assert (said.status, said.body["code"]) == (200, 200)
    assert (len(said.body["data"]["rows"]), said.body["data"]["total"]) == (30, 37)
    assert post(other, "info", jlbh="none").body["code"] == 404
    assert post(other, "list", pageNum=0).body["code"] == 400
    assert other.send("POST", "/prod-api/gxjh/list", {}, b"{}").body["code"] == 401
    assert other.send("POST", "/prod-api/gxjh/list", BEARER, b"x").body["code"] == 400


def test_the_second_draws_its_ids_anew(other):
    mine = {row["jlbh"] for row in post(other, "all").body["data"]}
    with reference("exchange_api_b", "--now", NOW) as wire:
        theirs = {row["jlbh"] for row in post(wire, "all").body["data"]}
    assert len(mine) == len(theirs) == 37
    assert not mine & theirs


def test_each_mutant_says_what_it_is_and_each_requirement_has_one():
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)
    assert {each.kills for each in MUTANTS} == {f"DI-EXCHANGE-{n:03d}" for n in range(1, 27)}
    for each in MUTANTS:
        assert each.id.startswith(f"{each.kills}.")
        assert each.description.zh
        assert each.description.en
    assert {each.id for each in MUTANTS if each.also} == {"DI-EXCHANGE-026.late"}
