"""What probes find outside mapped bodies, bodies as they stand, waits that a target asks for."""

from typing import Any

import pytest
from msgspec import structs

from cqsc_conform.engine.ledger import left_by
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Evidence, HttpRequest
from cqsc_conform.model.operation import ElementAt, Operation
from engine.world import Answer, Scene, exchange, plan_of, probe, profile, requirement, unseen

FIRST = {"request": {"as": "first", "operation": "list"}}


def follow(at: str, **request: Any) -> dict[str, Any]:
    return probe_of(at, {"request": {"as": "next", "operation": "get", **request}})


def probe_of(at: str, node: dict[str, Any]) -> Any:
    return probe("a.x", FIRST, {"each": {"as": "it", "over": "first", "at": at, "do": [node]}})


def answering(content: Any, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(ask: Ask) -> Answer:
        return (200, content, given) if ask.operation == "list" else (200, {})

    return answer


def asked(scene: Scene) -> list[Ask]:
    scene.play()
    return scene.driver.asks[1:]


HELD = {"If-None-Match": "{it.etag}", "If-Modified-Since": "{it.last_modified}"}


def test_validators_go_into_conditional_requests():
    node = follow("validators", params={"id": "1"}, headers=HELD)
    tagged = answering({}, ETag='W/"7"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")
    (ask,) = asked(Scene(tagged, node))
    assert ("If-None-Match", 'W/"7"') in ask.headers
    assert ("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT") in ask.headers


def test_where_there_is_no_validator_one_is_made_up():
    (ask,) = asked(Scene(answering({}), follow("validators", params={"id": "1"}, headers=HELD)))
    assert {name for name, _ in ask.headers} >= set(HELD)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ('</entries?page=2>; rel="next"', "/entries?page=2"),
        ('<?page=2>; rel="prev", <?page=3>; rel=next', "/entries?page=3"),
        ("</x>; rel=prev", "/entries"),
        (None, "/entries"),
    ],
)
def test_the_next_link_is_followed_or_the_page_itself(link, target):
    headers = {} if link is None else {"Link": link}
    (ask,) = asked(Scene(answering({}, **headers), follow("next_link", address="{it.address}")))
    assert ask.target == target


def test_a_link_away_is_not_followed():
    away = answering({}, Link="<http://example.invalid/x>; rel=next")
    scene = Scene(away, follow("next_link", address="{it.address}"))
    found = scene.play()
    assert found["a.x[1]/next.1"].code == "engine.address_foreign"  # type: ignore[union-attr]
    assert len(scene.driver.asks) == 1


def test_declared_operations_that_only_read_are_called():
    answers = {"responses": {"200": {"description": ""}}}
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "/v1"}],
        "paths": {"/a": {"get": answers, "post": answers}, "/b/{id}": {"get": answers}},
    }
    asks = asked(Scene(answering(document), follow("declared", address="{it.address}")))
    assert [(each.method, each.target) for each in asks] == [("GET", "/v1/a")]


@pytest.mark.parametrize("document", [[], b"<html>", {"paths": 7}])
def test_what_is_no_document_declares_nothing(document):
    assert asked(Scene(answering(document), follow("declared", address="{it.address}"))) == []


def test_a_body_is_sent_as_it_stands():
    step = {
        "request": {
            "as": "x", "operation": "post", "headers": {"Content-Type": "text/odd"},
            "body": '{{"name": "{unique}", ',
        }
    }  # fmt: skip
    scene = Scene(lambda _: (400, {}), probe("a.x", step))
    scene.play()
    (ask,) = scene.driver.asks
    assert ask.body == b'{"name": "0000000000000001", '
    assert ("Content-Type", "text/odd") in ask.headers


def waiting(most: float, headers: dict[str, str]) -> list[float]:
    node = {"wait": {"seconds": most, "told_by": "first"}}
    scene = Scene(lambda _: (429, {}, headers), probe("a.x", FIRST, node))
    scene.play()
    return scene.clock.slept


def test_a_target_is_waited_for_as_it_asks_and_no_longer_than_allowed():
    assert waiting(60, {"Retry-After": "7"}) == [7.0]
    assert waiting(5, {"Retry-After": "7"}) == [5.0]
    assert waiting(60, {}) == [0.0]
    assert waiting(60, {"Retry-After": "soon"}) == [0.0]


OPERATIONS = {
    "r.create": Operation(method="POST", path="/r"),
    "r.delete": Operation(method="DELETE", path="/r/{id}"),
}


def ledger(*evidence: Evidence) -> tuple[int, int, tuple[str, ...]]:
    target = plan_of(
        profile(requirement("A")), operations={**OPERATIONS, "list": Operation()}
    ).target
    found = left_by(evidence, target)
    return found.created, found.removed, found.remaining


def made(number: int, content: Any, status: int = 201, **headers: str) -> Evidence:
    ask = Ask(f"p/make.{number}", "r.create", "api", "default", "POST", "/r")
    return exchange(ask, status, content, headers)


def removed(ident: str, status: int = 204) -> Evidence:
    ask = Ask("p/del.1", "r.delete", "api", "default", "DELETE", "/r/x", params={"id": ident})
    return exchange(ask, status, {})


def test_the_ledger_tells_what_is_left():
    assert ledger() == (0, 0, ())
    assert ledger(made(1, {"id": "a"}), removed("a")) == (1, 1, ())
    assert ledger(made(1, {"id": "a"}), made(2, {"id": "a"}), removed("a")) == (1, 1, ())
    assert ledger(made(1, {"id": "a"}), removed("a", 403)) == (1, 0, ("a",))
    assert ledger(made(1, {"id": "a"}, 422)) == (0, 0, ())
    assert ledger(made(1, {}, Location="/r/b")) == (1, 0, ("b",))
    assert ledger(made(1, {})) == (1, 0, ("p/make.1",))


def test_what_was_sent_and_not_answered_may_be_there():
    lost = structs.replace(unseen(id_="p/make.1"), operation="r.create")
    assert ledger(lost) == (0, 0, ())
    sent = structs.replace(lost, request=HttpRequest("POST", "/r"))
    assert ledger(sent) == (1, 0, ("p/make.1",))


def test_values_of_fields_are_spelled_as_the_target_spells_them():
    coded = Operation(
        method="POST", path="/entries",
        elements={"status": ElementAt(at="/zt", values={"1": "active", "2": "paused"})},
    )  # fmt: skip
    step = {"request": {"as": "x", "operation": "post", "fields": {"status": "paused", "n": 3}}}
    scene = Scene(lambda _: (201, {}), probe("a.x", step), operations={"post": coded})
    scene.play()
    assert scene.driver.asks[0].body == b'{"zt":"2","n":3}'
