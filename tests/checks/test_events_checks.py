"""The checks of di-events on evidence alone: each passes, fails for its reason, and is not fooled
by seeing nothing."""

import pytest

from checks.events_evidence import (
    BATCHED,
    PATH,
    event,
    judged,
    made,
    quiet,
    said,
    sent,
)
from cqsc_conform.model.evidence import Redaction

THREE = tuple(
    sent(event(f"e{n}", f"r{n}", sequence=f"0{n}"), n, signature="valid") for n in (1, 2, 3)
)
CHANGES = {"first": made("r1"), "second": made("r2"), "third": made("r3")}
RETRY = (
    sent(event(), 1, step="fail", answered=503, after=0.0, signature="valid"),
    sent(event(), 2, step="fail", answered=503, after=5.0, signature="valid"),
    sent(event(), 3, step="fail", answered=204, after=15.0, signature="valid"),
)
SILENT = (sent(event(), 1, step="mute", answered=0), sent(event(), 2, step="mute"))
WAITS = {"first": 5.0, "growth_percent": 150}
CONSENT = sent(
    b"", media="", method="OPTIONS", fields=(("WebHook-Request-Origin", "a.test"),), step="ok"
)
MODE = {"mode": "structured"}


def delivered(hook, *, subscribed=None, seconds=60.0, **changes):
    roles = {"subscribed": subscribed or made("s1"), **CHANGES, **changes}
    return said(judged("events.delivered", {"seconds": seconds}, hook=hook, **roles))


def test_delivery_in_time():
    assert delivered(THREE) == ("pass", "all_in_time")
    assert delivered((sent([event("e", f"r{n}") for n in (1, 2, 3)], media=BATCHED),)) == (
        "pass", "all_in_time",
    )  # fmt: skip
    assert delivered(THREE[:2]) == ("fail", "missing")
    assert delivered((quiet(),)) == ("fail", "missing")
    assert delivered(THREE, seconds=0.5) == ("fail", "late")
    assert delivered(THREE, subscribed=made("s", status=400)) == ("inconclusive", "not_subscribed")
    assert delivered(THREE, third=made("r3", status=500)) == ("inconclusive", "no_change")
    assert delivered(THREE, third=made("")) == ("inconclusive", "no_change")


def test_the_scale_of_the_target_is_undone():
    slow = [
        sent(event(f"e{n}", f"r{n}"), n, at="2026-06-01T04:00:02.000Z", scale=0.1)
        for n in (1, 2, 3)
    ]
    verdict = judged(
        "events.delivered", {"seconds": 19.9}, hook=tuple(slow), subscribed=made("s"), **CHANGES
    )
    assert said(verdict) == ("fail", "late")
    assert verdict.measured[0].value == 20.0


@pytest.mark.parametrize(
    ("about", "found"),
    [("r1", True), ("/records/r1", True), ("xr1", False), ("", True), ("r2", False)],
)
def test_an_event_is_matched_by_subject_or_by_the_id_in_its_data(about, found):
    data = {"id": "r1" if not about else "other"}
    hook = (sent(event("e", about or "x", data=data)),)
    outcome = judged("events.heard", hook=hook, change=made("r1")).outcome.value
    assert outcome == ("pass" if found else "fail")


ATTRIBUTES = {
    "missing": [{"id": None}, {"source": None}, {"specversion": None}, {"type": None},
                {"time": None}],
    "empty": [{"id": ""}, {"type": ""}, {"subject": ""}],
    "not_text": [{"id": 7}, {"type": True}],
    "version": [{"specversion": "1.0.2"}, {"specversion": "0.3"}],
    "uri": [{"source": "/基准"}, {"source": "a b"}, {"source": "/%zz"}, {"dataschema": "/a"}],
    "media_type": [{"datacontenttype": "json"}],
    "name": [{"orderKey": "1"}, {"order_key": "1"}, {"次序": "1"}],
    "value": [{"more": {"a": 1}}, {"more": 1.5}, {"more": 2**31}],
    "no_offset": [{"time": "2026-06-01T12:00:00"}],
    "time": [{"time": "2026-02-30T12:00:00Z"}, {"time": "2026-06-01T12:00Z"},
             {"time": "2026-06-01 12:00:00Z"}, {"time": "2026-06-01T25:00:00Z"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("why", "change"), [(why, each) for why, rows in ATTRIBUTES.items() for each in rows], ids=str
)
def test_attributes_that_break_the_grammar(why, change):
    verdict = judged("events.attributes", hook=(THREE[0], sent(event(**change), 2)))
    assert said(verdict) == ("fail", f"attribute_{why}")


@pytest.mark.parametrize(
    "change",
    [{"more": -1}, {"more": True}, {"more": None}, {"source": "urn:x:1"}, {"subject": None},
     {"time": "2026-06-30T23:59:60Z"}, {"datacontenttype": "application/json; charset=utf-8"}],
    ids=str,
)  # fmt: skip
def test_attributes_that_are_right(change):
    assert said(judged("events.attributes", hook=(sent(event(**change)),)))[0] == "pass"


def mode(row, declared="structured"):
    return said(judged("events.mode", {"mode": declared}, hook=(row,)))


def test_content_modes():
    binary = [(f"ce-{name}", str(value)) for name, value in event(data=None).items()]
    posted = sent({"id": "r1"}, media="application/json", fields=tuple(binary))
    assert mode(sent(event())) == ("pass", "mode_good")
    assert mode(sent([event()], media=BATCHED), "batched") == ("pass", "mode_good")
    assert mode(posted, "binary") == ("pass", "mode_good")
    assert mode(posted) == ("fail", "mode_differs")
    assert mode(sent(event(), method="PUT")) == ("fail", "method")
    assert mode(sent(event(), media="application/json")) == ("fail", "message_media_type")
    assert mode(sent([event()])) == ("fail", "message_shape")
    assert mode(sent([1], media=BATCHED), "batched") == ("fail", "message_shape")
    assert mode(sent(b"{")) == ("fail", "message_json")
    assert mode(sent(b"[" * 100_000)) == ("fail", "message_json")
    assert mode(sent(event(), cut="cap")) == ("fail", "message_incomplete")
    assert mode(sent(event(data_base64="AA=="))) == ("fail", "message_data_twice")


def test_event_data_against_the_api():
    def equal(hook, shown, record=""):
        return said(judged("events.data_equal", {"record": record}, hook=hook, shown=shown))

    assert equal(THREE, made("r1")) == ("pass", "data_equal")
    assert equal(THREE, made("r1", name="乙")) == ("fail", "data_differs")
    nested = (sent(event(data={"record": {"id": "r1", "name": "乙"}})),)
    assert equal(nested, made("r1"), "/record") == ("fail", "data_differs")
    assert equal(nested, made("r1")) == ("inconclusive", "nothing_shared")
    assert equal((sent(event(data=None)),), made("r1")) == ("inconclusive", "nothing_shared")
    assert equal((quiet(),), made("r1")) == ("inconclusive", "nothing_came")


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "address_clean"), ("?page=1&v=2", "address_clean"), ("?key=1", "address_clean"),
     ("?access_token=x", "address_secret"), ("?x-api-key=1", "address_secret"),
     ("?q=13900000000", "address_personal"), ("?q=500103199001011234", "address_personal"),
     ("?q=%E6%B5%8B%E8%AF%95%E5%86%85%E5%AE%B9", "address_content")],
)  # fmt: skip
def test_addresses(query, code):
    hook = (sent(event(), target=PATH + query),)
    verdict = judged("events.address_clean", hook=hook, change=made("r1", name="测试内容"))
    assert verdict.code == f"events.{code}"


def test_a_known_secret_in_an_address_was_masked_and_is_told():
    mask = Redaction(part="request.target", at=40, length=9, name="the token", digest="d")
    hook = (sent(event(), target=f"{PATH}?a=*********", redactions=(mask,)),)
    verdict = judged("events.address_clean", hook=hook, change=made())
    assert said(verdict) == ("fail", "address_secret")


def test_retries():
    def retried(failing, silent):
        roles = {"failing_change": made(), "silent_change": made()}
        return said(judged("events.retried", failing=failing, silent=silent, **roles))

    assert retried(RETRY, SILENT) == ("pass", "retried")
    assert retried(RETRY[:2], SILENT) == ("fail", "given_up_refused")
    assert retried(RETRY, SILENT[:1]) == ("fail", "given_up_unanswered")
    assert retried((quiet("fail"),), SILENT) == ("inconclusive", "nothing_came")


@pytest.mark.parametrize(
    ("times", "code"),
    [((0, 5, 15), "backs_off"), ((0, 4.1, 10.2), "backs_off"), ((0, 60, 600), "backs_off"),
     ((0, 1, 20), "retry_early"), ((0, 5, 10), "no_backoff"), ((0, 5), "too_few_retries")],
)  # fmt: skip
def test_waits_between_retries(times, code):
    rows = tuple(sent(event(), n, answered=503, after=at) for n, at in enumerate(times, 1))
    verdict = judged("events.backoff", WAITS, failing=rows, change=made())
    assert verdict.code == f"events.{code}"


def test_identities():
    def stable(hook, failing):
        return said(judged("events.stable_id", hook=hook, failing=failing, change=made()))

    renamed = (RETRY[0], sent(event("e9"), 2, step="fail", answered=204))
    again = (sent(event(time="2026-06-01T12:00:09+08:00"), 2, step="fail"),)
    assert stable(THREE, RETRY) == ("pass", "ids_stable")
    assert stable((sent(event("e1", "r8")),), RETRY) == ("fail", "id_shared")
    assert stable(THREE[1:], (RETRY[0], *again)) == ("fail", "id_shared")
    assert stable(THREE, renamed) == ("fail", "id_changed")
    assert stable(THREE, RETRY[2:]) == ("inconclusive", "too_few_events")
    assert stable((quiet(),), (quiet("fail"),)) == ("inconclusive", "nothing_came")


def test_repeats():
    twice = (THREE[0], sent(event(), 4))
    unaccepted = (sent(event(), 1, answered=503), sent(event(), 2))
    assert said(judged("events.not_repeated", hook=THREE)) == ("pass", "none_repeated")
    assert said(judged("events.not_repeated", hook=twice)) == ("fail", "repeated")
    assert said(judged("events.not_repeated", hook=unaccepted)) == ("pass", "none_repeated")
    assert said(judged("events.not_repeated", hook=(quiet(),))) == ("inconclusive", "nothing_came")


@pytest.mark.parametrize(
    ("keys", "code"),
    [(("01", "02", "03"), "ordered"), (("9", "10", "11"), "ordered"), ((1, 2, 30), "ordered"),
     (("a", "b", "c"), "ordered"), (("3", "2", "1"), "out_of_order"),
     (("1", "1", "2"), "out_of_order"), (("b", "ab", "c"), "out_of_order"),
     (("1", None, "2"), "no_order_key"), (("1", "", "2"), "no_order_key")],
)  # fmt: skip
def test_order(keys, code):
    # They come in another order than that of the changes.
    rows = [sent(event(f"e{n}", f"r{n}", sequence=key), n) for n, key in enumerate(keys, 1)]
    hook = (rows[2], rows[0], rows[1])
    verdict = judged("events.ordered", {"attribute": "sequence"}, hook=hook, **CHANGES)
    assert verdict.code == f"events.{code}"


def test_one_event_has_no_order():
    verdict = judged("events.ordered", {"attribute": "sequence"}, hook=THREE[:1], **CHANGES)
    assert said(verdict) == ("inconclusive", "nothing_came")


def test_signatures():
    def signed(hook, failing=RETRY):
        return said(judged("events.signed", hook=hook, failing=failing))

    for fact, code in (("missing", "missing"), ("invalid", "invalid"), ("other", "invalid")):
        wrong = (sent(event(), 4, signature=fact),)
        assert signed(wrong) == ("fail", f"signature_{code}")
        assert signed(THREE, wrong) == ("fail", f"signature_{code}")
    assert signed(THREE) == ("pass", "all_signed")
    assert signed((sent(event()),)) == ("inconclusive", "no_scheme")
    unknown = (sent(event(), signature="unverifiable"),)
    assert signed(unknown) == ("inconclusive", "signature_unverifiable")
    assert signed((quiet(),), (quiet(),)) == ("inconclusive", "nothing_came")


def test_consent():
    def asked(granted, refused):
        return said(judged("events.consent_asked", granted=granted, refused=refused))

    plain = sent(b"", media="", method="OPTIONS")
    assert asked((CONSENT, THREE[0]), (CONSENT,)) == ("pass", "consent_asked")
    assert asked((CONSENT, THREE[0]), (quiet(),)) == ("pass", "consent_asked")
    assert asked((THREE[0],), (quiet(),)) == ("fail", "consent_not_asked")
    assert asked((plain, THREE[0]), (quiet(),)) == ("fail", "consent_no_origin")
    assert asked((CONSENT,), (CONSENT, THREE[0])) == ("fail", "delivered_unwanted")
    assert asked((quiet(),), (quiet(),)) == ("inconclusive", "nothing_came")


def test_ends():
    gone = "events.gone_left_alone"
    assert said(judged(gone, gone=(CONSENT, THREE[0]))) == ("pass", "gone_left_alone")
    assert said(judged(gone, gone=THREE)) == ("fail", "gone_disturbed")
    assert said(judged(gone, gone=(quiet(),))) == ("inconclusive", "nothing_came")

    def stopped(left, leaving=None):
        roles = {"leaving": leaving or made("s"), "change": made("r2")}
        return said(judged("events.stopped", left=left, **roles))

    assert stopped(THREE[:1]) == ("pass", "stopped")
    assert stopped(THREE) == ("fail", "goes_on")
    assert stopped(THREE, made("s", status=500)) == ("inconclusive", "not_unsubscribed")
