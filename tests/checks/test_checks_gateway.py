"""di-gateway's checks on evidence alone: what is concluded from it, and what is not."""

from typing import Any

import pytest
from msgspec.structs import replace

from checks.check_evidence import reply
from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Reply
from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.verdict import Verdict

PROFILE = Library.open().profile("di-gateway")
CODES = OutcomeMap(
    pointer="/code", success=("0",), denied=("401", "402"), invalid=("400",), limited=("429",)
)
BARE = OutcomeMap()
ROWS = {"code": "0", "items": [{"id": "1"}]}
NO = {"code": "401", "message": "no"}


def seen(
    body: Any,
    status: int = 200,
    *,
    outcome: OutcomeMap = CODES,
    step: str = "x.1",
    headers: tuple[tuple[str, str], ...] = (),
    audit: str = "",
    sent_at: str = "2026-06-01T04:00:00.000Z",
    **facts: Any,
) -> Reply:
    made = reply(
        body,
        "gateway.call",
        place=f"gateway.p/{step}",
        status=status,
        outcome=outcome,
        mapped=PROFILE.operations["gateway.call"],
        headers=headers,
        params={"audit_id": audit} if audit else None,
        sent_at=sent_at,
    )
    return Reply(replace(made.exchange, facts=facts), made.operation, outcome, "utf-8", "mapped")


GRANTED = (seen(ROWS, step="before.1"),)
REFUSED = seen(NO, 401)


def judge(check: str, **given: Any) -> Verdict:
    verdict = registered()[f"gateway.{check}"].function(**given)
    assert isinstance(verdict, Verdict)
    return verdict


def said(check: str, **given: Any) -> tuple[str, str]:
    verdict = judge(check, **given)
    return verdict.outcome.value, verdict.code.removeprefix("gateway.")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (seen(ROWS), ("pass", "granted")),
        (seen({"code": "0", "items": []}), ("pass", "granted")),
        (seen(NO, 401), ("fail", "not_granted")),
        (seen(NO), ("fail", "not_granted")),
        (seen({"code": "0"}), ("fail", "no_list")),
        (seen(b"<html>", outcome=BARE), ("fail", "no_list")),
    ],
)
def test_a_control_is_granted_with_what_was_asked_for(answer, expected):
    assert said("granted", reply=answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (seen(NO, 401), ("pass", "refused")),
        (seen(NO), ("pass", "refused")),
        (seen({"code": "400"}, 400), ("pass", "refused")),
        # A code that no list holds: the status says that it is a refusal.
        (seen({"code": "777"}, 403), ("pass", "refused")),
        (seen({"code": "777"}), ("inconclusive", "refusal_unclear")),
        (seen({"code": "429"}, 429), ("inconclusive", "refusal_unclear")),
        (seen(b"", 404, outcome=BARE), ("inconclusive", "refusal_unclear")),
        (seen(ROWS), ("fail", "granted_wrongly")),
        # The mapping calls it a success, and there are no data: nothing is concluded.
        (seen({"code": "401", "data": None}, outcome=BARE), ("inconclusive", "look_alike")),
        (seen({"items": []}, outcome=BARE), ("inconclusive", "look_alike")),
        (seen(b"oops", 500, outcome=BARE), ("fail", "refusal_broken")),
        (seen(ROWS, stimulus_felt=False, stimulus="method=PUT"), ("inconclusive", "not_covered")),
        (seen(NO, 401, stimulus_felt=False), ("inconclusive", "not_covered")),
    ],
)
def test_a_refusal_is_told_from_a_grant(answer, expected):
    assert said("refused", reply=answer, granted=GRANTED) == expected


def test_without_a_list_the_members_tell_a_grant():
    plain = replace(PROFILE.operations["gateway.call"], items=None)

    def of(body: Any) -> Reply:
        return reply(body, place="gateway.p/x.1", mapped=plain)

    right = (of({"name": "x", "age": 1}),)
    assert said("refused", reply=of({"name": "y", "age": 2}), granted=right)[0] == "fail"
    assert said("refused", reply=of({"error": "no"}), granted=right)[1] == "look_alike"
    assert said("refused", reply=of(b"text"), granted=right)[1] == "look_alike"


@pytest.mark.parametrize(
    ("outcome", "answer", "expected"),
    [
        (CODES, {"code": "0", "items": []}, "granted_wrongly"),
        (BARE, {"code": "0", "items": []}, "granted_wrongly"),
        (BARE, {"code": "1", "items": []}, "look_alike"),
        (BARE, {"code": "0", "items": [1]}, "granted_wrongly"),
        (BARE, {"code": "0"}, "look_alike"),
    ],
)
def test_without_data_only_the_same_answer_is_a_grant(outcome, answer, expected):
    nothing = (seen({"code": "0", "items": []}, outcome=outcome),)
    assert said("refused", reply=seen(answer, outcome=outcome), granted=nothing)[1] == expected


def test_an_answer_that_gives_the_signature_away_fails_where_that_is_judged():
    answer = seen(NO, 401, gives_away=True)
    assert said("refused", reply=answer, granted=GRANTED, secretive=True)[1] == "gives_away"
    assert said("refused", reply=answer, granted=GRANTED)[0] == "pass"


def test_an_alteration_of_another_part_proves_nothing():
    answer = seen(ROWS, altered="body", stimulus_felt=True)
    assert said("altered_refused", reply=answer, granted=GRANTED, part="query") == (
        "inconclusive", "not_altered",
    )  # fmt: skip
    assert said("altered_refused", reply=answer, granted=GRANTED, part="body")[0] == "fail"


def test_what_the_scheme_cannot_tell_is_left_out_of_several():
    unfelt = seen(ROWS, stimulus_felt=False)
    both = judge("all_refused", first=(REFUSED,), second=(unfelt,), granted=GRANTED)
    assert (both.outcome.value, both.count) == ("pass", 1)
    assert said("all_refused", first=(unfelt,), second=(unfelt,), granted=GRANTED) == (
        "inconclusive", "not_covered",
    )  # fmt: skip
    assert said("all_refused", first=(REFUSED,), second=(seen(ROWS),), granted=GRANTED) == (
        "fail", "granted_wrongly",
    )  # fmt: skip


@pytest.mark.parametrize("lax", ["app_id", "timestamp", "nonce", "signature"])
def test_each_missing_element_counts(lax):
    given = dict.fromkeys(("app_id", "timestamp", "nonce", "signature"), (REFUSED,))
    assert said("incomplete_refused", **given, granted=GRANTED)[0] == "pass"
    given[lax] = (seen(ROWS, stimulus=f"omit={lax}"),)
    verdict = judge("incomplete_refused", **given, granted=GRANTED)
    assert verdict.outcome.value == "fail"
    assert verdict.args["stimulus"] == f"omit={lax}"


@pytest.mark.parametrize(
    ("old", "renewed", "expected"),
    [
        (REFUSED, seen(ROWS), ("pass", "refused")),
        (seen(ROWS), seen(ROWS), ("fail", "granted_wrongly")),
        (REFUSED, seen(NO, 401), ("fail", "renewed_refused")),
        (REFUSED, seen({"code": "429"}, 429), ("inconclusive", "renewed_unclear")),
        (seen(ROWS, stimulus_felt=False), seen(ROWS), ("inconclusive", "secret_unchanged")),
    ],
)
def test_an_old_secret_ends_and_a_new_one_begins(old, renewed, expected):
    given = {"old": old, "renewed": (renewed,), "granted": GRANTED}
    assert said("old_secret_refused", **given) == expected


def limited(*, after: str | None = "1", at: str = "04:00:01") -> Reply:
    headers = () if after is None else (("Retry-After", after),)
    return seen(
        {"code": "429"}, 429, headers=headers, sent_at=f"2026-06-01T{at}.000Z", step="burst.9"
    )


TOO_LONG = ("inconclusive", "quota_too_long")
LATER = "2026-06-01T04:00:02.500Z"


@pytest.mark.parametrize(
    ("burst", "again", "expected"),
    [
        ((*GRANTED * 3, limited()), seen(ROWS), ("pass", "quota_true")),
        ((*GRANTED * 2, limited()), seen(ROWS), ("pass", "quota_true")),
        (GRANTED * 4, seen(ROWS), ("fail", "quota_exceeded")),
        ((*GRANTED * 4, limited()), seen(ROWS), ("fail", "quota_exceeded")),
        (GRANTED * 3, seen(ROWS), ("inconclusive", "quota_not_reached")),
        ((limited(),), seen(ROWS), ("inconclusive", "quota_never_granted")),
        ((*GRANTED, limited(after=None)), seen(ROWS), ("fail", "quota_no_retry_after")),
        ((*GRANTED, limited(after="soon")), seen(ROWS), ("fail", "quota_no_retry_after")),
        ((*GRANTED, limited()), limited(at="04:00:03"), ("fail", "quota_retry_after_untrue")),
        ((*GRANTED, limited(after="9")), limited(at="04:00:05"), TOO_LONG),
        ((*GRANTED, limited()), seen(NO, 401, sent_at=LATER), ("inconclusive", "quota_unclear")),
    ],
)  # fmt: skip
def test_a_quota_is_true(burst, again, expected):
    assert said("quota_true", burst=burst, again=(again,), quota=3) == expected


@pytest.mark.parametrize(
    ("unsigned", "expected"),
    [
        (seen(NO, 401), ("pass", "codes_agree")),
        (seen(NO), ("pass", "codes_agree")),
        (seen({"code": "0"}, 401), ("fail", "code_contradicts")),
        (seen({"code": "999"}, 401), ("fail", "code_undeclared")),
        (seen({"message": "no"}, 401), ("fail", "code_missing")),
        (seen(b"<h1>401</h1>", 401), ("fail", "code_missing")),
        (seen(b"", 502), ("inconclusive", "refusal_unclear")),
    ],
)
def test_codes_are_listed_and_agree_with_the_status(unsigned, expected):
    given = {"granted": GRANTED, "wrong": (REFUSED,), "unknown": (REFUSED,)}
    assert said("codes_agree", unsigned=(unsigned,), **given) == expected


def test_what_is_granted_bears_a_code_too():
    bare = (seen({"items": []}),)
    given = dict.fromkeys(("unsigned", "wrong", "unknown"), (REFUSED,))
    assert said("codes_agree", granted=bare, **given) == ("fail", "code_missing")


def test_an_audit_id_comes_back_wherever_it_is_said():
    header = seen(ROWS, audit="a1b2", headers=(("X-Request-Id", "a1b2"),))
    member = seen({**NO, "trace": {"id": "a1b2-refused"}}, 401, audit="a1b2-refused")
    lost = seen(NO, 401, audit="a1b2-refused", headers=(("X-Request-Id", "other"),))
    limit = seen({"code": "429"}, 429, audit="a1b2")
    assert said("audit_echoed", granted=(header,), refused=(member,))[0] == "pass"
    assert said("audit_echoed", granted=(header,), refused=(lost,)) == ("fail", "audit_lost")
    assert said("audit_echoed", granted=(limit,), refused=(member,))[1] == "audit_unclear"
    assert said("audit_echoed", granted=(seen(ROWS),), refused=(member,))[0] == "fail"


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        (seen({**NO, "time": "2026-06-01 04:00", "trace": "f1"}, 401), ("pass", "tells_nothing")),
        (seen({"code": "402", "message": "no"}, 401), ("fail", "tells_by_code")),
        (seen(NO, 403), ("fail", "tells_by_code")),
        (seen({"code": "401", "message": "no such application"}, 401), ("fail", "tells_by_words")),
        (seen(ROWS), ("inconclusive", "refusal_unclear")),
    ],
)  # fmt: skip
def test_two_refusals_are_alike(unknown, expected):
    wrong = seen({**NO, "time": "2026-06-01 04:00:01", "trace": "f00d0"}, 401)
    assert said("tells_nothing", wrong=(wrong,), unknown=(unknown,)) == expected


def test_a_hostile_answer_is_walked_within_bounds():
    deep: Any = "x"
    for _ in range(200):
        deep = [deep, {"a": deep}] if isinstance(deep, str) else [deep]
    wide = {"code": "401", "rows": ["w"] * 50_000, "deep": deep}
    verdict = judge("tells_nothing", wrong=(seen(wide, 401),), unknown=(seen(wide, 401),))
    assert verdict.outcome.value == "pass"


def test_every_check_of_the_area_serves_the_profile():
    used = {use.check for each in PROFILE.requirements
            for use in (each.check, each.controls.before, each.controls.after) if use}  # fmt: skip
    assert used == {name for name in registered() if name.startswith("gateway.")}
