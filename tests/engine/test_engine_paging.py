"""Walks in every paging style, with targets that loop, clamp, repeat and point elsewhere."""

import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.engine.paging import _next_link, first_turn
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.operation import Operation, Paging
from engine.world import Answer, Scene, probe, unseen

ALL = [{"id": str(number)} for number in range(25)]


def operation(style: str, **paging: Any) -> Operation:
    return Operation(path="/e", items="/items", paging=Paging(style=style, **paging))  # type: ignore[arg-type]


def walk(answer: Any, of: Operation, **node: Any) -> Scene:
    step = {"walk": {"as": "p", "operation": "list", "page_size": 10, **node}}
    scene = Scene(answer, probe("a.walk", step), operations={"list": of, "get": Operation()})
    scene.found = scene.play()  # type: ignore[attr-defined]
    return scene


def query(ask: Ask) -> Mapping[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(ask.target).query).items()}


def test_pages_are_counted_to_the_first_empty_one():
    def answer(ask: Ask) -> Answer:
        page, size = int(query(ask)["page"]), int(query(ask)["page_size"])
        return 200, {"items": ALL[page * size : (page + 1) * size], "total": 3}

    scene = walk(answer, operation("page", first=0))
    assert [query(ask)["page"] for ask in scene.driver.asks] == ["0", "1", "2", "3"]
    assert list(scene.found) == [f"a.walk/p.{number}" for number in (1, 2, 3, 4)]  # type: ignore[attr-defined]


def test_offsets_count_items_not_pages():
    def answer(ask: Ask) -> Answer:
        at = int(query(ask)["offset"])
        return 200, {"items": ALL[at : at + 7]}

    scene = walk(answer, operation("offset"))
    assert [query(ask)["offset"] for ask in scene.driver.asks] == ["0", "7", "14", "21", "25"]


def test_cursors_are_followed_to_the_end():
    def answer(ask: Ask) -> Answer:
        at = int(query(ask).get("cursor", "0"))
        more = {"next": at + 10} if at + 10 < len(ALL) else {"next": None}
        return 200, {"items": ALL[at : at + 10], **more}

    scene = walk(answer, operation("cursor", cursor="/next"))
    assert [query(ask).get("cursor") for ask in scene.driver.asks] == [None, "10", "20"]
    assert all(query(ask)["page_size"] == "10" for ask in scene.driver.asks)


def test_a_cursor_that_is_an_address_is_visited():
    def answer(ask: Ask) -> Answer:
        last = "c=2" in ask.target
        return 200, {
            "items": [{"id": ask.target}],
            "next": "" if last else "http://127.0.0.1:8080/e?c=2",
        }

    assert walk(answer, operation("cursor", cursor="/next")).targets == [
        "/e?page_size=10",
        "/e?c=2",
    ]


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ('<http://127.0.0.1:8080/e?c=2>; rel="next"', "/e?c=2"),
        ('</e?c=2>; rel="next"', "/e?c=2"),
        ("<?c=2>; rel=next", "/e?c=2"),
        ("<other?c=2>; rel=next", "/other?c=2"),
        ('</e?c=1,2>; title="a, <b>"; rel="prev", </e?c=3,4>; REL="Last  NEXT"', "/e?c=3,4"),
        ('</e?c=2> ; rel = "next"', "/e?c=2"),
    ],
)
def test_links_are_read_as_rfc_8288_has_them(link, there):
    def answer(ask: Ask) -> Answer:
        if ask.target.startswith("/e?page_size"):
            return 200, {"items": ALL[:10]}, {"link": link}
        return 200, {"items": ALL[10:]}

    assert walk(answer, operation("link")).targets == ["/e?page_size=10", there]


@pytest.mark.parametrize(
    "link",
    ["", "garbage", "</x>", '</x>; rel="prev"', '</x>; title="rel=next"', "</x; rel=next",
     "</x>; rel", '</x>; rel="prev"; rel="next"'],
)  # fmt: skip
def test_what_is_no_next_link_ends_the_walk(link):
    scene = walk(lambda _: (200, {"items": ALL}, {"Link": link}), operation("link"))
    assert len(scene.targets) == 1


@given(st.text(string.printable, max_size=300))
def test_no_link_header_breaks_the_reader(value):
    assert isinstance(_next_link(value), str)


@pytest.mark.parametrize(
    "there",
    [
        "http://evil.example/e",
        "https://127.0.0.1:8080/e",
        "//evil/e",
        "http://127.0.0.1:8080@evil/e",
        "ftp://x/e",
        "http://[",
    ],
)
def test_a_next_link_to_a_foreign_place_is_not_followed(there):
    def answer(_: Ask) -> Answer:
        return 200, {"items": ALL[:10]}, {"Link": f'<{there}>; rel="next"'}

    scene = walk(answer, operation("link"))
    assert len(scene.driver.asks) == 1
    last = scene.found["a.walk/p.2"]  # type: ignore[attr-defined]
    assert isinstance(last, Unobserved)
    assert last.code == "engine.address_foreign"


def test_a_loop_of_cursors_ends():
    def answer(ask: Ask) -> Answer:
        at = query(ask).get("cursor", "a")
        return 200, {"items": [{"id": at}], "next": {"a": "b", "b": "c", "c": "b"}[at]}

    assert len(walk(answer, operation("cursor", cursor="/next")).driver.asks) == 3


def test_ever_new_cursors_to_the_same_page_end():
    numbers = iter(range(100))

    def answer(_: Ask) -> Answer:
        return 200, {"items": ALL[:3], "next": f"c{next(numbers)}"}

    assert len(walk(answer, operation("cursor", cursor="/next")).driver.asks) == 2


def test_an_empty_page_that_names_a_next_one_is_not_the_end():
    def answer(ask: Ask) -> Answer:
        at = query(ask).get("cursor", "a")
        items = [] if at == "b" else [{"id": at}]
        return 200, {"items": items, "next": {"a": "b", "b": "c"}.get(at)}

    assert len(walk(answer, operation("cursor", cursor="/next")).driver.asks) == 3


def test_a_clamped_page_number_ends_the_walk():
    def answer(ask: Ask) -> Answer:
        page = min(int(query(ask)["page"]), 2)
        return 200, {"items": ALL[page * 10 - 10 : page * 10]}

    assert len(walk(answer, operation("page")).driver.asks) == 3


def test_pages_that_come_round_again_end_the_walk():
    def answer(ask: Ask) -> Answer:
        page = int(query(ask)["page"]) % 3
        return 200, {"items": [{"id": page}]}

    assert len(walk(answer, operation("page")).driver.asks) == 4


def test_a_walk_without_end_ends_by_max_pages():
    def answer(ask: Ask) -> Answer:
        return 200, {"items": [{"id": ask.target}], "next": ask.id}

    for style in ("page", "offset", "cursor"):
        scene = walk(answer, operation(style, cursor="/next"), max_pages=5)
        assert len(scene.driver.asks) == 5


def test_a_single_answer_is_one_page():
    assert len(walk(lambda _: (200, {"items": ALL}), operation("none")).driver.asks) == 1
    assert first_turn(operation("none"), 10).params == {}


@pytest.mark.parametrize("said", [(404, {"items": ALL}), (200, {"rows": []}), (200, b"<html>")])
def test_a_refusal_or_no_list_ends_the_walk(said):
    assert len(walk(lambda _: said, operation("page")).driver.asks) == 1


def test_trouble_ends_the_walk():
    def answer(ask: Ask) -> Answer:
        return unseen() if ask.id.endswith(".2") else (200, {"items": ALL[:10]})

    scene = walk(answer, operation("page"))
    assert [type(row) for row in scene.found.values()] == [Exchange, Unobserved]  # type: ignore[attr-defined]


def test_page_size_is_held_to_what_the_target_allows():
    scene = walk(lambda _: (200, {"items": []}), operation("page", max_page_size=4))
    assert query(scene.driver.asks[0]) == {"page": "1", "page_size": "4"}


def test_between_is_done_once_after_its_page():
    def answer(ask: Ask) -> Answer:
        page = int(query(ask).get("page", "0"))
        return 200, {"items": ALL[page * 10 - 10 : page * 10] if page else []}

    between = {"page": 2, "do": [{"request": {"as": "x", "operation": "get"}}]}
    scene = walk(answer, operation("page"), between=between)
    assert list(scene.found) == [  # type: ignore[attr-defined]
        "a.walk/p.1", "a.walk/p.2", "a.walk/x.1", "a.walk/p.3", "a.walk/p.4",
    ]  # fmt: skip


def test_parameters_that_cannot_be_filled_ask_nothing():
    scene = walk(lambda _: (200, {}), operation("page"), params={"q": "{ixit.none}"})
    assert scene.driver.asks == []
    assert scene.found["a.walk/p.1"].code == "engine.template"  # type: ignore[attr-defined]
