"""What the checks of iot-telemetry say of traces made by hand."""

import json

import pytest
from telemetry_trace import (
    DEVICE,
    STATUS,
    TELEMETRY,
    Tape,
    judged,
    late,
    moment,
    outage,
    profile,
    reading,
    said,
    sample,
    session,
)

from cqsc_conform.formats.stream import EVENT

TWELVE = [sample(number) for number in range(1, 13)]
NUMBERS = [each.id[-3:] for each in profile().requirements]
PEER = ["003", "014", "015", "016", "017", "018", "019", "020", "021"]


def with_states() -> Tape:
    """A whole conforming watch of 300 s."""
    tape = Tape()
    tape.connect(0)
    tape.state(0, "online")
    for number in range(1, 11):
        if number == 6:
            tape.state(60, "alive")
        tape.says(number * 10.0, sample(number))
    tape.cut(105)
    tape.connect(165)
    tape.state(165, "online")
    tape.says(165.1, {"batch": [late(number) for number in range(11, 15)]})
    tape.says(165.2, {"batch": [late(number) for number in range(15, 17)]})
    for number in range(17, 31):
        if number in {18, 24, 30}:
            tape.state(number * 10.0, "alive")
        tape.says(number * 10.0, sample(number))
    return tape


@pytest.mark.parametrize("number", NUMBERS)
def test_a_conforming_device_passes(number):
    verdict = judged(number, with_states())
    assert verdict.outcome.value == "pass", verdict
    assert verdict.cites
    assert verdict.cites[0].startswith("iot.watch/trace.1#")


@pytest.mark.parametrize("number", NUMBERS)
def test_nothing_seen_is_no_pass(number):
    assert judged(number, Tape()).outcome.value == "inconclusive"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_connection_without_a_word_is_no_pass(number):
    tape = Tape()
    tape.connect(0)
    outcome = judged(number, tape).outcome.value
    # A will, and a client id without personal data, are seen in CONNECT alone.
    assert outcome == ("pass" if number in {"016", "026"} else "inconclusive")


HOSTILE = [
    b"", b"\xff\xfe", b"null", b"[]", b"17", b'"text"', b"{", b"{}", b'{"batch":{}}',
    b'{"batch":[null,1,[],"x"]}', b'{"readings":{}}', b'{"readings":[null,1,[]]}',
    b'{"seq":1e400,"time":1e400}', b'{"seq":-1,"time":-1,"device":[]}',
    b'{"seq":true,"time":true,"device":{},"readings":[{"name":[],"value":{},"unit":[]}]}',
    b'{"seq":99999999999999999999999999,"time":99999999999999999999}',
    b'{"time":"9999-12-31T23:59:59.999999-23:59","seq":1,"device":"x","readings":[]}',
    b'{"readings":[{"name":"temperature","value":1e308,"unit":"Cel","quality":["good"]}]}',
    b'{"state":{},"device":0}', b"[" * 5000, json.dumps({"device": "\ud800"}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_hostile_payloads_are_judged(number):
    tape = with_states()
    for place, payload in enumerate(HOSTILE):
        tape.says(300 + place / 100, payload)
        tape.publish(300 + place / 100, STATUS, payload)
        tape.publish(300 + place / 100, "nowhere", payload)
    assert judged(number, tape, seconds=400.0).outcome.value in {"pass", "fail"}


@pytest.mark.parametrize("number", NUMBERS)
def test_what_comes_after_the_demand_changes_nothing(number):
    longer = with_states()
    longer.publish(301, "nowhere", b"\xff")
    longer.says(302, sample(999, device="other"), retain=True)
    assert judged(number, longer) == judged(number, with_states())


@pytest.mark.parametrize(
    ("number", "messages", "code"),
    [
        ("004", [sample(1, id=" ")], "element_missing"),
        ("004", [sample(1, seq=None)], "element_missing"),
        ("004", [sample(1, readings=[])], "no_readings"),
        ("004", [sample(1, readings={"t": 1})], "no_readings"),
        ("004", [reading(1, value=None)], "reading_incomplete"),
        ("005", [sample(1, device="x")], "device_id_malformed"),
        ("005", [sample(1, device="设备一号")], "device_id_malformed"),
        ("005", [sample(1, device="000000-AQ-0001")], "region_invalid"),
        ("005", [sample(1, device="500200-AQ-0001")], "region_invalid"),
        ("006", [sample(1, time="2026-06-01T12:00:00")], "time_invalid"),
        ("006", [sample(1, time="2026-06-01 12:00:00+08:00")], "time_invalid"),
        ("006", [sample(1, time="2026-02-29T12:00:00+08:00")], "time_invalid"),
        ("006", [sample(1, time=1780286400)], "time_invalid"),
        ("006", [sample(1, time=1780286400000.5)], "time_invalid"),
        ("008", [*TWELVE, sample(14)], "sequence_gap"),
        ("008", [*TWELVE, sample(12)], "sequence_repeated"),
        ("008", [*TWELVE, sample(3)], "sequence_backward"),
        ("009", [sample(n, n * 15.0) for n in range(1, 15)], "interval_other"),
        ("009", [sample(n, n * 5.0) for n in range(1, 15)], "interval_other"),
        ("010", [sample(n, n * 10.0 + n % 3 * 6) for n in range(1, 20)], "sampling_unsteady"),
        ("011", [reading(1, unit="℃")], "unit_wrong"),
        ("011", [reading(1, unit="cel")], "unit_wrong"),
        ("011", [reading(1, unit=None)], "unit_missing"),
        ("012", [reading(1, value=80.5)], "value_implausible"),
        ("012", [reading(1, value="23.5")], "value_no_number"),
        ("012", [reading(1, value=True)], "value_no_number"),
        ("012", [reading(1, value=200, quality=None)], "value_implausible"),
        ("013", [reading(1, quality=None)], "quality_missing"),
        ("013", [reading(1, quality="GOOD")], "quality_unknown"),
        ("013", [reading(1, quality=1)], "quality_unknown"),
        ("022", [{"batch": []}], "batch_size"),
        ("022", [{"batch": [sample(n) for n in range(5)]}], "batch_size"),
        ("022", [{"batch": {"0": sample(1)}}], "batch_no_array"),
        ("022", [{"batch": [sample(1), None]}], "batch_no_object"),
        ("022", [{"batch": [sample(1), "end"]}], "batch_no_object"),
        ("023", [sample(1, note="x" * 8192)], "payload_large"),
        ("024", [reading(1, value=23.399999618530273)], "number_noisy"),
        ("024", [sample(2**53, 1.0)], "number_large"),
        ("025", [b'{"a":1,"a":2}'], "json_fault"),
        ("025", [b'{"a":NaN}'], "json_fault"),
        ("025", ['{"a":"渝"}'.encode("gbk")], "json_fault"),
        ("025", [b"\xef\xbb\xbf{}"], "json_fault"),
    ],
)
def test_what_is_wrong_is_found(number, messages, code):
    assert said(number, session(messages)) == ("fail", code)


@pytest.mark.parametrize(
    ("number", "messages"),
    [
        ("006", [sample(1, time=1780286400000)]),
        ("006", [sample(1, time="2026-06-01T04:00:00Z")]),
        ("008", [sample(2**16 - 12 + n if n < 12 else n - 12, n * 10.0) for n in range(20)]),
        ("011", [reading(1, name="something", unit="?"), reading(2)]),
        ("012", [reading(1, value=999, quality="bad"), reading(2)]),
        (
            "024",
            [reading(1, value=23.4), reading(2, value=1e-9), reading(3, value=1200000000000.0)],
        ),
    ],
)
def test_what_only_looks_wrong_passes(number, messages):
    assert judged(number, session(messages)).outcome.value == "pass"


@pytest.mark.parametrize(
    ("number", "messages", "code"),
    [
        ("007", TWELVE[:4], "too_few"),
        ("008", TWELVE[:9], "too_few"),
        ("009", TWELVE[:10], "too_few"),
        ("010", TWELVE[:10], "too_few"),
        ("010", [sample(n, 10.0) for n in range(1, 20)], "too_few"),
        ("011", [reading(1, name="something")], "no_known_quantity"),
        ("012", [reading(1, unit="[degF]")], "no_known_quantity"),
        ("018", TWELVE, "no_outage"),
        ("019", TWELVE, "no_outage"),
        ("020", TWELVE, "no_outage"),
        ("021", TWELVE, "no_outage"),
        ("003", TWELVE, "too_few"),
    ],
)
def test_too_little_is_inconclusive(number, messages, code):
    assert said(number, session(messages)) == ("inconclusive", code)


def shifted(seconds: float) -> Tape:
    return session(sample(number, number * 10.0 + seconds) for number in range(1, 13))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "pass"), (58.9, "pass"), (-58.9, "pass"), (59.5, "inconclusive"),
        (-60.5, "inconclusive"), (61.5, "fail"), (-3600 * 8, "fail"), (3600 * 24 * 365, "fail"),
    ],
)  # fmt: skip
def test_a_clock_is_measured_with_a_guard_band(seconds, expected):
    verdict = judged("007", shifted(seconds))
    assert verdict.outcome.value == expected
    if verdict.measured:
        assert verdict.measured[0].uncertainty == 1.0


def test_declared_seconds_may_be_short():
    tape = Tape(scale=0.01)
    tape.connect(0)
    for number in range(1, 15):
        tape.says(number * 10.0, sample(number, number * 0.1))
    verdict = judged("009", tape, scale=0.01)
    assert verdict.outcome.value == "pass"
    assert verdict.args["median"] == pytest.approx(10.0, abs=0.01)


def test_topics():
    tape = session(TWELVE)
    tape.publish(200, f"/{TELEMETRY}", {})
    assert said("001", tape) == ("fail", "topic_undeclared")
    other = session([sample(1, device="500103-AQ-0002")])
    assert said("002", other) == ("fail", "identity_differs")
    assert judged("002", session([{"batch": [sample(1), sample(2)]}])).count == 2


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("500103-440524188001010014", "citizen_id"),
        ("x.11010519491231002X", "citizen_id"),
        ("500103-440524188001010015", "topics_impersonal"),
        ("500103-440524188013010010", "topics_impersonal"),
        ("phone13800138000", "phone_number"),
        ("tel-8613800138000", "phone_number"),
        ("SN13800138000", "topics_impersonal"),
        ("tel-138001380001", "topics_impersonal"),
    ],
)
def test_personal_data_in_topics(device, expected):
    tape = Tape()
    tape.connect(0, client="a")
    tape.publish(1, f"cqsc/500103/{device}/telemetry", sample(1))
    assert said("026", tape)[1] == expected


def test_a_client_id_is_kept_and_tells_the_device():
    for clients, code in (
        ((DEVICE, DEVICE), "client_id_kept"),
        ((DEVICE, f"{DEVICE}-2"), "client_id_changed"),
        (("any", "any"), "client_id_foreign"),
    ):
        tape = Tape()
        for place, client in enumerate(clients):
            tape.connect(place * 100.0, client)
            tape.says(place * 100.0 + 1, sample(1))
        assert said("003", tape)[1] == code


def test_a_retained_message_is_found():
    tape = session(TWELVE)
    tape.says(130, sample(13), retain=True)
    verdict = judged("014", tape)
    assert (verdict.outcome.value, verdict.count, verdict.bad) == ("fail", 13, 1)
    # Frames are counted from 1: three of the connection, two for each message before.
    assert verdict.cites == ("iot.watch/trace.1#28",)


def test_online_comes_before_telemetry_on_each_connection():
    tape = with_states()
    tape.cut(298)
    tape.connect(299)
    tape.says(299.5, sample(31))
    assert said("015", tape, seconds=400.0) == ("fail", "birth_missing")
    late_birth = session([sample(1)])
    late_birth.state(20, "online")
    assert said("015", late_birth) == ("fail", "birth_missing")


@pytest.mark.parametrize(
    ("will", "code"),
    [
        ({"left": False}, "will_missing"),
        ({"state": "alive"}, "will_otherwise"),
        ({"topic": TELEMETRY}, "will_elsewhere"),
        ({"topic": "elsewhere"}, "will_elsewhere"),
        ({}, "will_left"),
    ],
)
def test_the_will_says_offline(will, code):
    tape = Tape()
    tape.connect(0, **will)
    assert said("016", tape)[1] == code


def test_silence_counts_to_the_end_of_a_connection():
    tape = Tape()
    tape.connect(0)
    tape.state(0, "online")
    tape.state(60, "alive")
    tape.cut(149)
    assert said("017", tape) == ("pass", "heartbeat_kept")
    longer = Tape()
    longer.connect(0)
    longer.state(60, "alive")
    longer.cut(151)
    assert said("017", longer) == ("fail", "silent")
    short = Tape()
    short.connect(0)
    short.state(0, "online")
    short.cut(50)
    assert said("017", short) == ("inconclusive", "no_heartbeat_due")


ALL_LATE = [late(number) for number in range(11, 17)]


@pytest.mark.parametrize(
    ("number", "kept", "expected"),
    [
        ("018", ALL_LATE, "backfill_complete"),
        ("018", ALL_LATE[1:], "backfill_lacks"),
        ("018", [], "backfill_lacks"),
        ("019", ALL_LATE, "backfill_once"),
        ("019", [*ALL_LATE, late(13)], "backfill_twice"),
        ("019", [late(9), *ALL_LATE], "backfill_twice"),
        ("019", [late(10), *ALL_LATE], "backfill_once"),
        ("020", ALL_LATE, "backfill_marked"),
        ("020", [sample(number) for number in range(11, 17)], "backfill_unmarked"),
        ("021", ALL_LATE, "backfill_original"),
        ("021", ALL_LATE[::-1], "backfill_disordered"),
        ("021", [late(n, time=moment(165.4)) for n in range(11, 17)], "backfill_redated"),
        ("021", ALL_LATE[:1], "too_few"),
    ],
)
def test_backfill(number, kept, expected):
    assert said(number, outage(kept))[1] == expected


def test_a_redelivery_is_neither_backfill_nor_a_repeat():
    tape = outage([])
    again = outage([])
    assert judged("019", tape).code == "telemetry.too_few"
    again.says(189, sample(9), dup=True)
    for number in ("008", "019", "020"):
        assert judged(number, again).code == judged(number, tape).code


def test_a_device_that_does_not_number_its_losses_is_found():
    tape = session(sample(number) for number in range(1, 11))
    tape.cut(105)
    tape.connect(165)
    for number in range(11, 22):
        tape.says(number * 10.0 + 60, sample(number, number * 10.0 + 60))
    assert said("018", tape) == ("fail", "outage_unsampled")


def test_numbers_lost_with_the_link_are_backfills_affair():
    assert said("008", outage([])) == ("pass", "sequence_kept")


def test_a_jump_without_end_is_bounded():
    tape = session(TWELVE)
    tape.says(130, sample(2**52, 130.0))
    verdict = judged("008", tape)
    assert verdict.outcome.value == "fail"
    assert verdict.bad is not None
    assert verdict.bad <= 10_000
    wide = session(sample(number) for number in range(1, 11))
    wide.cut(105)
    wide.connect(165)
    wide.says(170, sample(2**52, 170.0))
    assert said("018", wide) == ("inconclusive", "sequence_jumps")


def observed(numbers) -> Tape:
    """What a subscriber hears: no connection, no DUP, a message every ten seconds."""
    tape = Tape()
    tape.session, tape.version = 1, 4
    tape.happens(0, "subscribed")
    for place, number in enumerate(numbers, 1):
        tape.publish(place * 10.0, TELEMETRY, sample(number), answered=False)
    return tape


def test_a_subscriber_who_hears_every_number_passes_them():
    assert judged("008", observed(range(1, 20))).outcome.value == "pass"


@pytest.mark.parametrize("numbers", [[*range(1, 8), *range(9, 20)], [*range(1, 9), *range(8, 20)]])
def test_what_a_subscriber_misses_or_hears_twice_tells_nothing(numbers):
    assert said("008", session(map(sample, numbers)))[0] == "fail"
    assert said("008", observed(numbers)) == ("inconclusive", "sequence_unclear")


def test_a_packet_over_the_cap_is_no_small_payload():
    tape = session(TWELVE)
    note = {"event": "rejected", "rule": "packet_over_cap", "detail": "300000"}
    tape._frame(130, EVENT, json.dumps(note).encode())
    assert said("023", tape) == ("inconclusive", "payload_over_cap")
