"""Questions that a target file answers by what it declares."""

from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.catalog.declared import DECLARED, declared_answers
from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import read_target
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import convert
from cqsc_conform.model.target import Target

LIBRARY = Library.open()
PARTS = {"signs_body", "signs_query", "signs_request_line"}
FILE = """\
schema: cqsc-target/1
subject: {maker: {name: 某公司}, name: 网关}
endpoints: {api: {url: "http://127.0.0.1:9"}}
profiles: [di-gateway]
"""


def answered(identity: dict[str, Any] | None = None, **changes: Any) -> set[str]:
    given = {
        "schema": "cqsc-target/1",
        "subject": {"maker": {"name": "m"}, "name": "n"},
        "endpoints": {"api": {"url": "http://127.0.0.1:9"}},
        "identities": {} if identity is None else {"default": identity},
    }
    found = declared_answers(convert(given | changes, Target), LIBRARY.preset)
    assert set(found) == DECLARED
    return {name for name, answer in found.items() if answer}


def signed(**scheme: Any) -> dict[str, Any]:
    return {"use": {"scheme": "signed", "app_id": "a", "secret": "env:S", **scheme}}


def test_who_does_not_sign_signs_nothing() -> None:
    assert answered() == set()
    assert answered({"use": {"scheme": "bearer", "token": "env:T"}}) == set()
    assert answered({**signed(preset="gateway-sm2"), "supported": False}) == set()


@pytest.mark.parametrize(
    ("preset", "answers"),
    [
        ("gateway-hmac-sha256", {"nonce", "timestamp", "signs_body", "signs_request_line"}),
        ("gateway-hmac-sha256-all", {"nonce", "timestamp", *PARTS}),
        ("gateway-hmac-sm3-params", {"nonce", "timestamp", *PARTS}),
        ("gateway-sha256-params", {"nonce", "timestamp", "signs_body", "signs_query"}),
        ("gateway-sm2", {"nonce", "timestamp", *PARTS}),
        ("gateway-md5-sorted", {"timestamp", "signs_query"}),
        ("gateway-md5-time", {"timestamp"}),
    ],
)
def test_a_preset_answers_for_itself(preset: str, answers: set[str]) -> None:
    assert answered(signed(preset=preset)) == {"request_signing", *answers}


def test_what_the_file_says_beside_its_preset_answers() -> None:
    own = signed(
        preset="gateway-md5-time",
        string_to_sign="{method}{body}",
        query={"s": "{signature}", "n": "{nonce}"},
    )
    assert answered(own) == {"request_signing", "nonce", "signs_body", "signs_request_line"}
    refresh = {"url": "http://127.0.0.1:9/t", "token": "/s"}
    staged = answered({**signed(preset="gateway-md5-time"), "refresh": refresh})
    assert staged == {"request_signing", "timestamp", "secret_refresh"}
    assert answered(outcome={"pointer": "/code", "success": ["0"]}) == {"business_codes"}


def test_a_plan_takes_the_answers_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "target.yaml"
    path.write_text(FILE + "identities: {default: {use: {scheme: none}}}\n", "utf-8")
    plan = prepare(path, [], Choices(level=3)).plan
    assert {item.disposition for item in plan.items} == {"not_applicable"}
    ics = {str(item.because["ics"]) for item in plan.items}
    assert ics <= DECLARED
    assert plan.max_requests == 0


@pytest.mark.parametrize("answer", ["signs_body: true", "business_codes: true"])
def test_an_answer_against_the_declaration_is_refused(answer: str, tmp_path: Path) -> None:
    path = tmp_path / "target.yaml"
    path.write_text(f"{FILE}ics: {{{answer}}}\n", "utf-8")
    with pytest.raises(KitError) as caught:
        read_target(path, LIBRARY)
    (problem,) = caught.value.problems
    assert problem.code == "load.ics_declared"
    path.write_text(f"{FILE}ics: {{{answer.replace('true', 'false')}}}\n", "utf-8")
    read_target(path, LIBRARY)


def test_the_profile_asks_every_question_that_files_answer() -> None:
    assert set(LIBRARY.profile("di-gateway").ics) >= DECLARED
