import signal
import subprocess
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from reference_wire import NOW, Wire, reference, start, stop


@pytest.fixture(scope="module")
def api() -> Iterator[Wire]:
    with reference("catalog_api", "--now", NOW) as wire:
        yield wire


def walk(api: Wire, size: int, **query: str) -> tuple[list[dict[str, str]], list[int]]:
    rows: list[dict[str, str]] = []
    lengths: list[int] = []
    for page in range(1, 50):
        body = api.get("/catalog/entries", page=page, page_size=size, **query).body
        assert (body["page"], body["page_size"]) == (page, size)
        if not body["items"]:
            break
        lengths.append(len(body["items"]))
        rows += body["items"]
    return rows, lengths


def test_it_says_where_it_listens_and_stops_when_told() -> None:
    process, line = start("catalog_api", "--mutant", "DI-CATALOG-013.empty")
    assert set(line) == {"listening", "reference", "mutant"}
    assert line["listening"].startswith("http://127.0.0.1:")
    assert (line["reference"], line["mutant"]) == ("catalog_api", "DI-CATALOG-013.empty")
    stop(process)
    assert process.returncode in {0, -signal.SIGTERM}


def test_it_dies_with_its_stdin() -> None:
    process, _ = start("catalog_api", "--die-with-stdin", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    process.stdout.close()


def test_paging_gives_uneven_last_pages_and_the_same_entries(api: Wire) -> None:
    by_ten, tens = walk(api, 10)
    by_seven, sevens = walk(api, 7)
    assert (tens, sevens) == ([10, 10, 3], [7, 7, 7, 2])
    assert by_ten == by_seven
    assert len({e["id"] for e in by_ten}) == 23
    assert api.get("/catalog/entries").body["total"] == 23
    assert api.get("/catalog/entries", page_size=1000).body["page_size"] == 100


def test_titles_and_codes_are_unique_and_rare_han_characters_are_there(api: Wire) -> None:
    rows, _ = walk(api, 10)
    titles = [row["title"] for row in rows]
    assert len(set(titles)) == len({row["code"] for row in rows}) == 23
    assert any(ord(c) > 0xFFFF for title in titles for c in title)
    assert any("䶮" in title for title in titles)


def test_every_kind_of_entry_is_there(api: Wire) -> None:
    rows, _ = walk(api, 10)
    assert {r["share_type"] for r in rows} == {"无条件共享", "有条件共享", "不予共享"}
    assert {r["open_type"] for r in rows} == {"无条件开放", "有条件开放", "不予开放"}
    periods = {r["update_period"] for r in rows}
    assert periods == {"实时", "每日", "每周", "每月", "不定期", "每季度", "每半年", "每年"}
    assert {r["region"][:2] for r in rows} == {"50", "51"}


def test_list_and_detail_agree_and_the_list_is_short(api: Wire) -> None:
    for row in walk(api, 10)[0]:
        detail = api.get(f"/catalog/entries/{row['id']}").body
        assert {k: detail[k] for k in row} == row
        more = {"items", "abstract"} | ({"service"} if row["share_type"] != "不予共享" else set())
        assert set(detail) - set(row) == more
        assert ("share_condition" in detail) == (detail["share_type"] == "有条件共享")
        assert ("refusal_basis" in detail) == (detail["share_type"] == "不予共享")
        assert ("open_condition" in detail) == (detail["open_type"] == "有条件开放")
        assert all(value != "" for value in detail.values())


def test_times_are_fresh_and_in_order(api: Wire) -> None:
    now = datetime.fromisoformat(NOW)
    days = {"实时": 1, "每日": 1, "每周": 7, "每月": 28, "每季度": 90, "每半年": 181, "每年": 365}
    for row in walk(api, 10)[0]:
        updated = datetime.fromisoformat(row["updated"])
        assert updated.tzinfo is not None
        assert date.fromisoformat(row["published"]) <= updated.date()
        assert updated <= now
        assert (now - updated).days < days.get(row["update_period"], 10**6)


def test_a_region_since_abolished_is_used_only_before(api: Wire) -> None:
    former = [r for r in walk(api, 10)[0] if r["region"] in {"500105", "500112"}]
    assert [r["published"] < "2025-11-06" for r in former] == [True]


def test_items_are_what_the_live_schema_says(api: Wire) -> None:
    for row in walk(api, 10)[0]:
        detail = api.get(f"/catalog/entries/{row['id']}").body
        fields = api.get(f"/datasets/{row['id']}/schema").body["fields"]
        assert [{"name": i["name"], "type": i["type"]} for i in detail["items"]] == fields
        if "service" in detail:
            records = api.get(detail["service"]).body
            assert records["total"] == len(records["items"]) >= 3
            assert {tuple(r) for r in records["items"]} == {tuple(f["name"] for f in fields)}
        else:
            assert api.get(f"/datasets/{row['id']}/records").status == 403


def test_records_are_paged(api: Wire) -> None:
    duty = api.get("/responsibilities").body["items"][0]
    path = f"/datasets/{duty['entry_id']}/records"
    whole = api.get(path).body["items"]
    parts = [api.get(path, page=n, page_size=2).body["items"] for n in range(1, 9)]
    assert [r for part in parts for r in part] == whole
    assert len(whole) % 2 == 1


def test_search_finds_titles_and_nothing_else(api: Wire) -> None:
    for row in walk(api, 10)[0]:
        assert [r["id"] for r in walk(api, 10, keyword=row["title"])[0]] == [row["id"]]
    body = api.get("/catalog/entries", keyword="q7Zk0nothing").body
    assert (body["total"], body["items"]) == (0, [])
    assert api.get("/catalog/entries", keyword="渝中区数据示例局").body["total"] == 3


def test_unknown_things_are_not_found(api: Wire) -> None:
    for path in ("/catalog/entries/none", "/datasets/none/schema", "/datasets/none/records", "/x"):
        said = api.get(path)
        assert said.status == 404
        assert said.headers["content-type"] == "application/problem+json"
        assert said.body["status"] == 404
        assert said.body["title"]
    assert api.send("POST", "/catalog/entries", {}).status == 405


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "", "²", "9" * 5000])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_malformed_parameters_are_refused(api: Wire, name: str, value: str) -> None:
    assert api.get("/catalog/entries", **{name: value}).status == 400


def test_the_responsibility_list_resolves_to_live_services(api: Wire) -> None:
    body = api.get("/responsibilities").body
    assert body["total"] == len(body["items"]) == 8
    for duty in body["items"]:
        assert set(duty) == {"id", "title", "provider", "entry_id"}
        entry = api.get(f"/catalog/entries/{duty['entry_id']}").body
        assert api.get(entry["service"]).status == 200


def test_hidden_items_and_only_they_are_hidden_from_anonymous(api: Wire) -> None:
    rows, _ = walk(api, 10)
    for row in rows:
        known = api.get(f"/catalog/entries/{row['id']}").body
        anonymous = api.get(f"/catalog/entries/{row['id']}", token=None).body
        hidden = {"items"} if row["share_type"] == "不予共享" else set()
        assert known["items"]
        assert anonymous == {k: v for k, v in known.items() if k not in hidden}


@pytest.mark.parametrize("token", [None, "wrong", "", "reference-token2"])
def test_data_need_the_token(api: Wire, token: str | None) -> None:
    duty = api.get("/responsibilities").body["items"][0]["entry_id"]
    for path in (f"/datasets/{duty}/schema", f"/datasets/{duty}/records", "/responsibilities"):
        said = api.get(path, token=token)
        assert said.status == said.body["status"] == 401
        assert said.headers["www-authenticate"].startswith("Bearer ")


def test_a_wrong_token_is_never_taken_for_none(api: Wire) -> None:
    assert api.get("/catalog/entries", token="wrong").status == 401
    assert api.get("/catalog/entries", token=None).status == 200


def test_the_token_is_given_on_the_command_line() -> None:
    with reference("catalog_api", "--token", "another") as wire:
        assert wire.get("/responsibilities").status == 401
        assert wire.get("/responsibilities", token="another").status == 200
