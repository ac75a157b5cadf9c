"""Where parameters and constants of a mapped operation go, and as what."""

import json
from typing import Any

from cqsc_conform.engine.fill import build
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.operation import Constant, Operation, Parameter


def asked(operation: Operation, charset: str = "utf-8", **params: str) -> Ask:
    return build(
        id="p/s.1", name="o", operation=operation, identity="default",
        params=params, headers={}, fields_={}, charset=charset,
    )  # fmt: skip


def body(ask: Ask) -> Any:
    return json.loads(ask.body)


def test_parameters_travel_in_the_query_of_a_get_and_in_the_body_of_a_post():
    assert asked(Operation(path="/x"), keyword="停车 场").target == (
        "/x?keyword=%E5%81%9C%E8%BD%A6%20%E5%9C%BA"
    )
    ask = asked(Operation(method="POST", path="/x"), keyword="停车场")
    assert (ask.target, body(ask)) == ("/x", {"keyword": "停车场"})


def test_counts_are_numbers_in_a_body_and_all_else_is_text():
    ask = asked(Operation(method="POST"), page="2", page_size="10", id="17", keyword="2025")
    assert body(ask) == {"page": 2, "page_size": 10, "id": "17", "keyword": "2025"}


def test_a_mapping_says_another_type():
    operation = Operation(
        method="POST",
        parameters={
            "id": Parameter(name="/query/zyid", place="body", type="integer"),
            "page": Parameter(name="pageNum", place="body", type="string"),
        },
    )
    assert body(asked(operation, id="17", page="1")) == {"query": {"zyid": 17}, "pageNum": "1"}
    assert body(asked(operation, id="cq-17")) == {"query": {"zyid": "cq-17"}}


def test_a_constant_is_sent_as_it_is_written():
    operation = Operation(
        method="POST",
        constants={"/head/v": "2", "all": True, "sizes": (1, 2), "none": None},
    )
    assert body(asked(operation)) == {
        "head": {"v": "2"}, "all": True, "sizes": [1, 2], "none": None,
    }  # fmt: skip


def test_a_list_repeats_a_parameter_of_the_query():
    operation = Operation(path="/x?a=1", constants={"_json": ("xxx", "glzy"), "raw": False})
    assert asked(operation).target == "/x?a=1&_json=xxx&_json=glzy&raw=false"


def test_a_constant_with_a_place_goes_there():
    operation = Operation(
        method="POST",
        constants={"v": Constant("2", "query"), "X-Area": Constant("50", "header"), "p": "b"},
    )
    ask = asked(operation)
    assert (ask.target, body(ask)) == ("/?v=2", {"p": "b"})
    assert ("X-Area", "50") in ask.headers


def test_requests_are_written_in_the_target_s_charset():
    asking = asked(Operation(path="/x"), charset="gb18030", keyword="停车场")
    assert asking.target == "/x?keyword=%CD%A3%B3%B5%B3%A1"
    form = Operation(method="POST", parameters={"keyword": Parameter("k", "form")})
    assert asked(form, charset="gb18030", keyword="停车场").body == b"k=%CD%A3%B3%B5%B3%A1"
    sent = asked(Operation(method="POST"), charset="gb18030", keyword="停车场")
    assert sent.body.decode("gb18030") == '{"keyword":"停车场"}'
    assert ("Content-Type", "application/json; charset=gb18030") in sent.headers


def test_the_charset_of_an_operation_goes_before_the_target_s():
    ask = asked(Operation(path="/{id}", charset="gb18030"), id="车")
    assert ask.target == "/%B3%B5"
