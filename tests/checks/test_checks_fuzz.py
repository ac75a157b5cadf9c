"""Checks on fuzzed inputs: what a case and its answer come to."""

import msgspec
import pytest
from check_evidence import reply

from cqsc_conform.checks.fuzz import no_server_error, wrong_refused
from cqsc_conform.formats.reading import Reply


def case(status: int, valid: str = "no") -> Reply:
    plain = reply({}, status=status)
    facts = {"fuzz.case": "limit:over_maximum", "fuzz.valid": valid, "fuzz.value": '{"limit": 101}'}
    plain.exchange = msgspec.structs.replace(plain.exchange, facts=facts)
    return plain


@pytest.mark.parametrize("valid", ["yes", "no", "either"])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "pass"), (400, "pass"), (404, "pass"), (500, "fail"), (503, "fail")],
)
def test_a_server_error_fails_whatever_the_input_was(status, valid, outcome):
    verdict = no_server_error(case(status, valid))
    assert verdict is not None
    assert verdict.outcome == outcome
    assert verdict.args["case"] == "limit:over_maximum"
    assert verdict.cites


@pytest.mark.parametrize(
    ("status", "valid", "said"),
    [
        (400, "no", ("pass", "fuzz.wrong_refused")),
        (422, "no", ("pass", "fuzz.wrong_refused")),
        (200, "no", ("fail", "fuzz.wrong_accepted")),
        (403, "no", ("inconclusive", "fuzz.denied")),
        (500, "no", None),
        (429, "no", None),
        (200, "yes", None),
        (400, "yes", ("inconclusive", "fuzz.right_refused")),
        (200, "either", None),
        (400, "either", None),
    ],
)
def test_wrong_is_refused_and_right_refused_tells_nothing(status, valid, said):
    verdict = wrong_refused(case(status, valid))
    assert (None if verdict is None else (verdict.outcome.value, verdict.code)) == said


def test_what_is_no_fuzzed_exchange_is_not_spoken_of():
    assert no_server_error(reply({}, status=500)) is None
    assert wrong_refused(reply({}, status=200)) is None
