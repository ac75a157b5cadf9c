"""Checks of TLS on evidence alone, certificates included."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.checks import registered
from cqsc_conform.checks.registry import Handshakes
from cqsc_conform.formats.certificate import (
    Certificate,
    CertificateFault,
    matches,
    read_certificate,
)
from cqsc_conform.model.evidence import Offered, TlsHandshake
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.reference.certificates import Wanted, make

NOW = dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC)
RC4, GCM = "TLS_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
Chain = Callable[..., tuple[bytes, ...]]


def shake(offer: str = "tls1.2", result: Any = "accepted", **more: Any) -> TlsHandshake:
    versions = more.pop("versions", ("TLS 1.2",))
    host = more.pop("host", "127.0.0.1")
    asked = Offered(versions, host, (RC4, GCM), own_ca=more.pop("own_ca", True))
    chosen = {"version": "TLS 1.2", "suite": GCM} if result == "accepted" else {}
    at = more.pop("at", NOW).isoformat().replace("+00:00", "Z")
    number = more.pop("number", 1)
    return TlsHandshake(f"p/a.{number}", "api", offer, asked, result, at, 1.0, **{**chosen, **more})


def said(name: str, *roles: TlsHandshake | Handshakes, **params: Any) -> tuple[str, str]:
    verdict: Verdict | None = registered()[name].function(*roles, **params)
    assert verdict is not None
    assert verdict.cites
    area, _, code = verdict.code.partition(".")
    assert area == "transport"
    return verdict.outcome.value, code


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    made: dict[Wanted, tuple[bytes, ...]] = {}

    def of(**wanted: Any) -> tuple[bytes, ...]:
        which = Wanted(**{"key": "ec-p256", **wanted})
        if which not in made:
            files = make(tmp_path_factory.mktemp("chain"), which, NOW)
            read = x509.load_pem_x509_certificates(files.chain.read_bytes())
            made[which] = tuple(each.public_bytes(Encoding.DER) for each in read)
        return made[which]

    return of


def test_an_answer_is_an_answer():
    assert said("transport.answers", shake("any")) == ("pass", "answered")
    for result in ("refused", "closed", "silent", "garbled"):
        assert said("transport.answers", shake("any", result)) == ("fail", result)


def refused(*shakes: TlsHandshake) -> tuple[str, str]:
    return said("transport.refuses", shakes)


def test_alerts_and_endings_refuse():
    assert refused(shake("ssl3", "refused"), shake("tls1.0", "closed")) == ("pass", "all_refused")


def test_one_offer_that_is_taken_fails():
    assert refused(shake("weak:rc4", suite=RC4), shake("weak:null", "silent")) == (
        "fail", "accepted",
    )  # fmt: skip


def test_a_lower_version_is_taken_too():
    versions = ("TLS 1.1",)
    assert refused(shake("tls1.1", versions=versions, version="TLS 1.0")) == ("fail", "accepted")


@pytest.mark.parametrize(
    "wrong",
    [{"version": "TLS 1.3"}, {"version": "0x03FF"}, {"suite": "0xFAFA"}, {"version": None}],
)
def test_what_was_not_offered_refuses_nothing(wrong):
    assert refused(shake(**wrong)) == ("inconclusive", "unoffered")


@pytest.mark.parametrize("result", ["silent", "garbled"])
def test_no_answer_and_no_tls_refuse_nothing(result):
    assert refused(shake("ssl3", "refused"), shake("tls1.0", result)) == ("inconclusive", result)


def offered(*shakes: TlsHandshake) -> tuple[str, str]:
    return said("transport.offers_version", shakes, versions=("TLS 1.2", "TLS 1.3"))


def test_one_current_version_is_enough():
    assert offered(shake("tls1.2", "refused"), shake("tls1.3", version="TLS 1.3")) == (
        "pass", "version_offered",
    )  # fmt: skip


def test_no_current_version():
    assert offered(shake("tls1.2", version="TLS 1.1"), shake("tls1.3", "refused")) == (
        "fail", "no_version",
    )  # fmt: skip
    assert offered(shake("tls1.2", "garbled")) == ("fail", "no_version")
    assert offered(shake("tls1.2", "refused"), shake("tls1.3", "silent")) == (
        "inconclusive", "silent",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verified", "own_ca", "expected"),
    [
        ("ok", True, ("pass", "chain_verified")),
        ("ok", False, ("pass", "chain_verified")),
        ("self_signed", True, ("fail", "self_signed")),
        ("self_signed", False, ("fail", "self_signed")),
        ("unknown_ca", True, ("fail", "chain_broken")),
        ("unknown_ca", False, ("inconclusive", "ca_not_declared")),
        ("refused_79", True, ("fail", "chain_refused")),
    ],
)
def test_chain(verified, own_ca, expected):
    seen = shake("verify-chain", verified=verified, own_ca=own_ca)
    assert said("transport.chain", seen) == expected


def test_without_a_handshake_no_chain_is_judged():
    assert said("transport.chain", shake("verify-chain", "refused")) == (
        "inconclusive", "no_certificate",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("127.0.0.1",), "127.0.0.1", ("pass", "name_matches")),
        (("::1",), "0:0:0:0:0:0:0:1", ("pass", "name_matches")),
        (("API.test",), "api.test.", ("pass", "name_matches")),
        (("*.test.cn",), "api.test.cn", ("pass", "name_matches")),
        (("*.test.cn",), "test.cn", ("fail", "name_differs")),
        (("*.test.cn",), "a.b.test.cn", ("fail", "name_differs")),
        (("*.test",), "api.test", ("fail", "name_differs")),
        (("a*.test.cn",), "api.test.cn", ("fail", "name_differs")),
        (("other.test",), "127.0.0.1", ("fail", "name_differs")),
        ((), "127.0.0.1", ("fail", "name_missing")),
    ],
)
def test_name(chain, names, host, expected):
    seen = shake("certificate", chain=chain(names=names), host=host)
    assert said("transport.name", (seen,)) == expected


def test_an_address_is_no_name():
    bare = Certificate("x", ("127.0.0.1",), (), NOW, NOW, "EC", 256, "SHA256", self_issued=False)
    assert not matches(bare, "127.0.0.1")


def valid(chain: Chain, at: dt.datetime, verified: str = "ok", **wanted: Any) -> tuple[str, str]:
    seen = shake("certificate", chain=chain(**wanted), at=at)
    return said("transport.validity", (seen,), shake("verify-time", verified=verified))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-61, ("fail", "not_yet_valid")),
        (-30, ("inconclusive", "validity_unsure")),
        (30, ("inconclusive", "validity_unsure")),
        (61, ("pass", "valid")),
        (864000 - 61, ("pass", "valid")),
        (864000, ("inconclusive", "validity_unsure")),
        (864000 + 61, ("fail", "expired")),
    ],
)
def test_validity_at_its_ends(chain, seconds, expected):
    assert valid(chain, NOW + dt.timedelta(seconds=seconds), days=(0, 10)) == expected


def test_days_left_are_measured(chain):
    seen = shake("certificate", chain=chain(days=(-1, 10)))
    verdict = registered()["transport.validity"].function((seen,), shake(verified="ok"))
    assert verdict is not None
    assert [(each.name, each.value, each.unit) for each in verdict.measured] == [
        ("days_left", 10.0, "d")
    ]


def test_a_certificate_above_counts_too(chain):
    assert valid(chain, NOW, "expired") == ("fail", "chain_expired")
    # What else the verifier says is judged elsewhere.
    assert valid(chain, NOW, "unknown_ca") == ("pass", "valid")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ("pass", "keys_strong")),
        ({"key": "rsa-2048"}, ("pass", "keys_strong")),
        ({"key": "rsa-1024"}, ("fail", "key_weak")),
        ({"key": "ec-p224"}, ("fail", "key_weak")),
        ({"middle": "rsa-1024"}, ("fail", "key_weak")),
        ({"middle": "rsa-2048", "digest": "sha1"}, ("fail", "signature_weak")),
        ({"root": "rsa-2048", "middle_digest": "sha1"}, ("fail", "signature_weak")),
    ],
)
def test_keys(chain, wanted, expected):
    seen = (shake("certificate", "refused"), shake(chain=chain(**wanted)))
    assert said("transport.keys", seen, rsa_bits=2048, ec_bits=256) == expected


@pytest.mark.parametrize("name", ["transport.name", "transport.keys"])
def test_no_certificate_and_no_certificate_s_bytes(name):
    params = {"rsa_bits": 2048, "ec_bits": 256} if name.endswith("keys") else {}
    assert said(name, (shake("certificate", "closed"),), **params) == (
        "inconclusive", "no_certificate",
    )  # fmt: skip
    assert said(name, (shake(chain=(b"\x30\x00",)),), **params) == (
        "fail", "certificate_unreadable",
    )  # fmt: skip


def test_a_certificate_of_no_version_is_refused(chain):
    der = chain()[0]
    version = b"\xa0\x03\x02\x01"
    assert version + b"\x02" in der
    with pytest.raises(CertificateFault):
        read_certificate(der.replace(version + b"\x02", version + b"\x01", 1))


@given(st.data())
def test_whatever_stands_in_a_certificate_is_read_or_refused(chain, data):
    der = chain()[0]
    at = data.draw(st.integers(0, len(der) - 1))
    changed = der[:at] + bytes([data.draw(st.integers(0, 255))]) + der[at + 1 :]
    try:
        read = read_certificate(changed)
    except CertificateFault:
        return
    matches(read, "127.0.0.1")
    verdict = registered()["transport.keys"].function(
        (shake(chain=(changed,)),), rsa_bits=2048, ec_bits=256
    )
    assert verdict is not None
    assert verdict.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with pytest.raises(CertificateFault):
        read_certificate(data)
