"""Checks on fuzzed inputs: what a case and its answer come to."""

from typing import Any

import msgspec
import pytest
from check_evidence import reply

from cqsc_conform.checks.fuzz import never_broken, no_server_error
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.verdict import Verdict


def case(
    status: int, label: str = "limit:over_maximum", phase: str = "table", size: int = 3
) -> Reply:
    plain = reply({}, status=status, place=f"probe/step.{size}")
    facts: dict[str, Any] = {
        "fuzz.case": label, "fuzz.phase": phase, "fuzz.value": "{}", "fuzz.size": size,
    }  # fmt: skip
    plain.exchange = msgspec.structs.replace(plain.exchange, facts=facts)
    return plain


def said(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.code)


STATUSES = {
    200: ("pass", "fuzz.no_server_error"),
    400: ("pass", "fuzz.no_server_error"),
    404: ("pass", "fuzz.no_server_error"),
    500: ("fail", "fuzz.server_error"),
    503: ("fail", "fuzz.server_error"),
    401: None,
    429: None,
}


@pytest.mark.parametrize("status", STATUSES)
def test_what_guides_says_of_one_what_judges_says_of_all(status):
    expected = STATUSES[status]
    assert said(no_server_error(case(status))) == expected
    judged = said(never_broken((case(status),), ()))
    assert judged == (expected or ("inconclusive", "fuzz.not_looked_at"))
    assert said(never_broken((), (case(status),))) == judged


@pytest.mark.parametrize("status", STATUSES)
def test_right_inputs_alone_show_nothing(status):
    assert no_server_error(case(status, phase="base")) is None
    assert said(never_broken((case(status, phase="base"),), ())) == (
        "inconclusive",
        "fuzz.not_looked_at",
    )


def test_the_smallest_input_that_breaks_is_told_and_all_are_counted():
    long, short = case(500, "name:search", "search", 40), case(500, "name:quote", size=2)
    verdict = never_broken((case(200), long), (short, case(400)))
    assert verdict.args["case"] == "name:quote"
    assert (verdict.count, verdict.bad) == (4, 2)
    assert verdict.cites == (short.id, long.id)


def test_what_is_no_fuzzed_exchange_is_not_spoken_of():
    assert no_server_error(reply({}, status=500)) is None


def test_a_denied_input_beside_a_judged_one_hides_nothing():
    assert said(never_broken((case(403), case(500)), ())) == ("fail", "fuzz.server_error")
    assert said(never_broken((case(403), case(400)), ())) == ("pass", "fuzz.no_server_error")
