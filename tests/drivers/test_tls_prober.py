"""TLS handshakes with right servers and with hostile ones."""

import json
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.tls_prober import TlsProber
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.tls import FLIGHT_CAP
from cqsc_conform.model.ask import HandshakeAsk
from cqsc_conform.model.evidence import TlsHandshake, Unobserved
from cqsc_conform.model.probe import Offer
from cqsc_conform.model.target import Endpoint, Limits, Rate
from drivers.pki import Authority, TlsServer
from helpers.measure import Measured, run_measured

WALK = Path(__file__).with_name("walk_tls.py")
GRACE_SECONDS = 3.0
MEGABYTES = 200
ACCEPTED = {"any", "tls1.2", "tls1.3", "certificate", "verify-chain", "verify-time"}
HOSTILE = {
    "tls-record-too-long": ("garbled record_length", "garbled"),
    "tls-record-never-whole": ("silent", "silent"),
    "tls-empty-records": ("garbled flood", "garbled"),
    "tls-warning-flood": ("garbled flood", "garbled"),
    "tls-drips-hello": ("silent", "silent"),
    "tls-certificates-endless": ("accepted TLS 1.2", "garbled"),
    "tls-hello-lies": ("garbled short", "garbled"),
    "tls-not-offered": ("accepted 0x03FF", "garbled"),
    "tls-half-alert": ("garbled alert_length", "garbled"),
    "plain-on-tls-port": ("garbled plain_http", "garbled"),
    "tls-silent": ("silent", "silent"),
    "tls-garbage": ("garbled not_tls", "garbled"),
    "tls-hello-request-flood": ("garbled flood", "garbled"),
    "tls-resets": ("closed", "closed"),
    "refuses": ("http.refused target", "http.refused target"),
    "accepts-and-closes": ("closed", "closed"),
    "silent-unread": ("silent", "silent"),
    "drips-before-request": ("garbled plain_http", "garbled"),
}

Shake = Callable[..., TlsHandshake]


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(ca: Authority) -> Iterator[TlsServer]:
    running = TlsServer(ca.issue("server", "127.0.0.1"), b"")
    yield running
    running.stop()


def prober(url: str, ca: Path | None = None, **more: str) -> TlsProber:
    endpoint = Endpoint(url=url, ca=str(ca) if ca else None, **more)
    return TlsProber({"api": endpoint}, Limits(connect_seconds=5), SystemClock(), SystemEntropy())


def shake(server: TlsServer, offer: Offer, ca: Path | None = None, **more: str) -> TlsHandshake:
    url = f"https://127.0.0.1:{server.port}"
    seen = prober(url, ca, **more).shake(HandshakeAsk("p/a.1", "api", offer))
    assert isinstance(seen, TlsHandshake)
    return seen


@pytest.mark.parametrize("offer", get_args(Offer))
def test_a_good_server_takes_what_is_good(server, ca, offer):
    seen = shake(server, offer, ca.file)
    assert seen.result == ("accepted" if offer in ACCEPTED else "refused")
    assert (seen.id, seen.endpoint, seen.offer) == ("p/a.1", "api", offer)
    assert seen.asked.host == "127.0.0.1"
    if seen.result == "refused":
        assert seen.alert in {"handshake_failure", "protocol_version"}


def test_a_version_alone_is_chosen_alone(server):
    for offer, version in (("tls1.2", "TLS 1.2"), ("tls1.3", "TLS 1.3")):
        seen = shake(server, offer)
        assert seen.asked.versions == (version,)
        assert seen.version == version
        assert seen.suite in seen.asked.suites


def test_a_server_that_wants_another_key_share_has_chosen(server):
    server.context.set_ecdh_curve("secp384r1")
    seen = shake(server, "tls1.3")
    assert (seen.result, seen.version, seen.facts) == ("accepted", "TLS 1.3", {"retry": True})


def test_the_chain_is_shown_in_the_clear_and_sealed(server, ca):
    der = ssl.PEM_cert_to_DER_cert(ca.folder.joinpath("server.pem").read_text())
    assert shake(server, "tls1.2").chain == (der,)
    assert shake(server, "certificate").chain == (der,)


def test_verifying_says_why_a_chain_is_refused(server, ca, tmp_path):
    other = Authority(tmp_path, "other").file
    assert shake(server, "verify-chain", ca.file).verified == "ok"
    assert shake(server, "verify-chain", other).verified == "unknown_ca"
    undeclared = shake(server, "verify-chain")
    assert (undeclared.verified, undeclared.asked.own_ca) == ("unknown_ca", False)
    assert shake(server, "certificate", other).verified is None


@pytest.mark.parametrize(("starts", "ends", "why"), [(-3, -1, "expired"), (1, 3, "not_yet_valid")])
def test_the_date_counts_only_where_it_is_asked_for(ca, starts, ends, why):
    running = TlsServer(ca.issue("late", "127.0.0.1", starts=starts, ends=ends), b"")
    try:
        assert shake(running, "verify-chain", ca.file).verified == "ok"
        assert shake(running, "verify-time", ca.file).verified == why
    finally:
        running.stop()


def test_a_client_certificate_is_shown_where_the_file_has_one(ca):
    running = TlsServer(ca.issue("strict", "127.0.0.1"), b"", clients=ca.file)
    running.context.maximum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = ca.issue("client")
    try:
        bare = shake(running, "certificate", ca.file)
        assert (bare.result, bare.asked.client_certificate) == ("refused", False)
        assert shake(running, "tls1.2").chain
        own = {"client_certificate": str(certificate), "client_key": str(key)}
        assert shake(running, "verify-chain", ca.file, **own).verified == "ok"
    finally:
        running.stop()


def test_the_name_of_the_file_is_asked_for(server):
    assert shake(server, "tls1.2", server_name="api.test").asked.host == "api.test"


def test_an_mqtts_endpoint_is_probed_too(server):
    url = f"mqtts://127.0.0.1:{server.port}"
    seen = prober(url).shake(HandshakeAsk("p/a.1", "api", "any"))
    assert isinstance(seen, TlsHandshake)
    assert seen.result == "accepted"


def test_an_endpoint_that_nobody_knows_is_the_writer_s_fault():
    seen = prober("https://127.0.0.1:1").shake(HandshakeAsk("p/a.1", "other", "any"))
    assert isinstance(seen, Unobserved)
    assert (seen.code, seen.blame) == ("http.endpoint_unknown", Blame.YOU)


def test_files_that_cannot_be_read_are_told_at_once(tmp_path):
    with pytest.raises(KitError, match="ca_unreadable"):
        prober("https://127.0.0.1:1", tmp_path / "none.pem")


def test_the_rate_that_the_operator_allows_is_kept(server):
    slept: list[float] = []

    class Clock(SystemClock):
        def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    url = f"https://127.0.0.1:{server.port}"
    rate = Rate(requests_per_second=0.5)
    probing = TlsProber({"api": Endpoint(url=url)}, Limits(), Clock(), SystemEntropy(), rate)
    for number in (1, 2):
        probing.shake(HandshakeAsk(f"p/a.{number}", "api", "any"))
    assert len(slept) == 1


@pytest.fixture(scope="module")
def walked() -> Measured:
    return run_measured([sys.executable, str(WALK)], timeout=60)


@pytest.fixture(scope="module")
def lines(walked: Measured) -> dict[tuple[str, str], dict[str, object]]:
    assert walked.returncode == 0, walked.stderr.decode()
    found = map(json.loads, walked.stdout.splitlines())
    return {(line["name"], line["offer"]): line for line in found}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_peer_comes_to_what_it_is(name, lines):
    raw, whole = HOSTILE[name]
    assert lines[name, "tls1.2"]["said"] == raw
    assert lines[name, "certificate"]["said"].startswith(whole)


def test_every_hostile_peer_is_expected(lines):
    # What reads no request before it answers garbage waits for a request that never comes.
    assert {name for name, _ in lines} - {"garbage"} == HOSTILE.keys()


def test_no_peer_outlives_the_deadline(lines):
    assert all(line["late"] < GRACE_SECONDS for line in lines.values())


def test_no_peer_fills_memory(walked):
    assert walked.peak_rss_mb < MEGABYTES
    assert FLIGHT_CAP < MEGABYTES * 1024
