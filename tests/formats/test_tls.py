"""TLS bytes: whatever comes is read within bounds, and what is written can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.tls import (
    CERTIFICATES_CAP,
    FLIGHT_CAP,
    RECORD_CAP,
    Flight,
    ServerHello,
    TlsFault,
)
from cqsc_conform.formats.tls_hello import RANDOM_BYTES, client_hello, hello_of
from cqsc_conform.formats.tls_suites import FAMILIES, VERSIONS, suite_name, version_name

RAW = ("any", "ssl3", "tls1.0", "tls1.1", "tls1.2", "tls1.3", "weak:null", "weak:anon",
       "weak:export", "weak:rc4", "weak:3des", "weak:des", "no-fs")  # fmt: skip
RANDOM = bytes(range(RANDOM_BYTES))


def record(content: bytes, kind: int = 22, said: int | None = None) -> bytes:
    length = len(content) if said is None else said
    return bytes([kind, 3, 3]) + length.to_bytes(2, "big") + content


def message(kind: int, body: bytes, said: int | None = None) -> bytes:
    length = len(body) if said is None else said
    return bytes([kind]) + length.to_bytes(3, "big") + body


def hello(
    version: int = 0x0303, suite: int = 0xC02F, extensions: bytes = b"", random: bytes = bytes(32)
) -> bytes:
    body = version.to_bytes(2, "big") + random + b"\x00" + suite.to_bytes(2, "big") + b"\x00"
    if extensions:
        body += len(extensions).to_bytes(2, "big") + extensions
    return message(2, body)


def certificates(*chain: bytes) -> bytes:
    rows = b"".join(len(each).to_bytes(3, "big") + each for each in chain)
    return message(11, len(rows).to_bytes(3, "big") + rows)


GOOD = record(hello()) + record(certificates(b"leaf", b"middle") + message(14, b""))


def read(data: bytes, piece: int = 1 << 20) -> Flight:
    flight = Flight()
    for at in range(0, len(data), piece):
        flight.feed(data[at : at + piece])
    return flight


def outcome(data: bytes, piece: int = 1 << 20) -> tuple[object, ...]:
    flight = Flight()
    fault = None
    try:
        for at in range(0, len(data), piece):
            flight.feed(data[at : at + piece])
    except TlsFault as why:
        fault = why.code
    return flight.hello, flight.alert, flight.chain, flight.done, fault


def test_a_flight_is_read_whole():
    flight = read(GOOD)
    assert flight.hello == ServerHello(0x0303, 0xC02F, retry=False)
    assert flight.chain == (b"leaf", b"middle")
    assert flight.done


def test_the_version_of_tls_1_3_stands_in_its_extension():
    said = read(record(hello(0x0303, 0x1301, bytes.fromhex("002b00020304")))).hello
    assert said == ServerHello(0x0304, 0x1301, retry=False)


def test_a_retry_is_known_by_its_random():
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    said = read(record(hello(0x0303, 0x1301, bytes.fromhex("002b00020304"), random))).hello
    assert said == ServerHello(0x0304, 0x1301, retry=True)


@pytest.mark.parametrize(
    ("alert", "name"),
    [("0228", "handshake_failure"), ("0246", "protocol_version"), ("02fe", "254")],
)
def test_an_alert_is_named(alert, name):
    assert read(record(bytes.fromhex(alert), 21)).alert == name


def test_a_warning_is_passed_over():
    flight = read(record(b"\x01\x70", 21) + GOOD)
    assert flight.alert is None
    assert flight.hello is not None


def test_what_goes_on_encrypted_is_over():
    assert read(record(hello()) + record(b"secret", 23)).done


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"HTTP/1.1 400 Bad Request", "plain_http"),
        (b"\x00garbage", "not_tls"),
        (b"\x16\x01\x01\x00\x00", "not_tls"),
        (record(b"", said=RECORD_CAP + 1), "record_length"),
        (record(message(2, b"", said=CERTIFICATES_CAP + 1)), "message_length"),
        (record(b"\x02", 21), "alert_length"),
        (record(b"x", 23), "order"),
        (record(certificates(b"x")), "order"),
        (record(message(2, b"")), "short"),
        (record(message(2, hello()[4:] + b"\x00")), "short"),
        (record(message(2, hello(extensions=b"\x00\x00\x00\x00")[4:] + b"x")), "trailing"),
        (record(hello()) + record(message(11, b"\x00\x00\xff")), "short"),
        (record(message(0, b"")) * 33, "flood"),
        (record(b"") * 33, "flood"),
        (record(b"\x01\x70", 21) * 33, "flood"),
        (record(b"", said=RECORD_CAP) + bytes(FLIGHT_CAP), "flood"),
    ],
)
def test_what_is_no_tls_is_named(data, code):
    with pytest.raises(TlsFault, match=f"^{code}$"):
        read(data)


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_flight_cut_anywhere_waits_for_the_rest(length):
    flight = read(GOOD[:length])
    assert not flight.done
    flight.feed(GOOD[length:])
    assert flight.done


@given(st.binary(max_size=400))
def test_nothing_that_comes_breaks_the_reader(data):
    assert outcome(data) == outcome(data, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from([20, 21, 22, 22, 22, 23]), st.binary(max_size=60)), max_size=8
    ),
    st.integers(1, 40),
)
def test_records_of_anything_are_read_alike_in_any_pieces(records, piece):
    data = b"".join(record(content, kind) for kind, content in records)
    assert outcome(data) == outcome(data, piece)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.integers(1, 40))
def test_a_changed_byte_breaks_nothing(at, change, piece):
    data = GOOD[:at] + bytes([GOOD[at] ^ change]) + GOOD[at + 1 :]
    assert outcome(data) == outcome(data, piece)


@given(st.sampled_from(RAW), st.from_regex(r"[a-z0-9.-]{1,60}", fullmatch=True))
def test_a_hello_says_what_is_offered(offer, host):
    offered = hello_of(offer)
    data = client_hello(offered, host, RANDOM)
    assert data[0] == 22
    assert int.from_bytes(data[3:5], "big") == len(data) - 5
    assert data[5] == 1
    assert int.from_bytes(data[6:9], "big") == len(data) - 9
    assert int.from_bytes(data[9:11], "big") == min(max(offered.versions), VERSIONS["TLS 1.2"])
    assert data[11:43] == RANDOM[:32]
    at = 44 + data[43]
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    suites = [int.from_bytes(data[n : n + 2], "big") for n in range(at + 2, end, 2)]
    assert tuple(suites) == (*offered.suites, 0x00FF)
    assert data[end : end + 2] == b"\x01\x00"
    rest = data[end + 2 :]
    assert (rest == b"") == (offer == "ssl3")
    assert rest == b"" or int.from_bytes(rest[:2], "big") == len(rest) - 2
    assert not 256 <= len(data) - 5 < 512 or offer == "ssl3"


def test_a_name_is_sent_and_an_address_is_not():
    offered = hello_of("tls1.3")
    assert b"api.test" in client_hello(offered, "api.test", RANDOM)
    for address in ("127.0.0.1", "::1"):
        assert address.encode() not in client_hello(offered, address, RANDOM)


def test_families_share_no_suite_and_every_suite_has_a_name():
    numbers = [number for family in FAMILIES.values() for number in family]
    assert len(numbers) == len(set(numbers))
    assert all(suite_name(number).startswith("TLS_") for number in numbers)
    assert len({suite_name(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xC018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
        (0xC029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256"),
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
        (0xFAFA, "0xFAFA"),
    ],
)
def test_names_are_those_of_the_registry(number, name):
    assert suite_name(number) == name


def test_a_version_without_a_name_is_its_number():
    assert version_name(0x0303) == "TLS 1.2"
    assert version_name(0x03FF) == "0x03FF"
