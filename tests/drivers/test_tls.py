"""TLS: what is agreed is a fact, what goes wrong has a code and a blame."""

import hashlib
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cqsc_conform.drivers.login import Fixed
from cqsc_conform.errors import KitError
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.target import Endpoint, Limits, Mutual
from hostile.peer import Peer

from .conftest import Make, ok
from .pki import Authority, TlsServer

GET = Ask("p/a.1", "o", "api", "default", "GET", "/a")
Start = Callable[..., TlsServer]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[TlsServer] = []

    def one(files: tuple[Path, Path], answer: bytes = ok(), **said: Path) -> TlsServer:
        running.append(TlsServer(files, answer, **said))
        return running[-1]

    yield one
    for server in running:
        server.stop()


def endpoint(server: TlsServer, ca: Authority | None, **said: str) -> Endpoint:
    file = str(ca.file) if ca else None
    return Endpoint(url=f"https://127.0.0.1:{server.port}", ca=file, **said)


def test_what_was_agreed_is_a_fact(ca: Authority, start: Start, make: Make) -> None:
    files = ca.issue("right", "127.0.0.1")
    server = start(files)
    driver = make("", endpoint=endpoint(server, ca))
    facts: dict[str, object] = {}
    for _ in range(3):
        seen = driver.perform(GET)
        assert isinstance(seen, Exchange), seen
        assert seen.response.body.text == "{}"
        assert "smuggled_bytes" not in seen.facts
        facts |= seen.facts
    assert server.connections == 1
    certificate = x509.load_pem_x509_certificate(files[0].read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert facts["tls_version"] == "TLSv1.3"
    assert facts["tls_certificate_sha256"] == hashlib.sha256(der).hexdigest()
    assert facts["tls_key_sha256"] == hashlib.sha256(key).hexdigest()


def trouble(make: Make, where: Endpoint) -> tuple[str, Blame]:
    seen = make("", endpoint=where).perform(GET)
    assert isinstance(seen, Unobserved), seen
    return seen.code, seen.blame


def test_a_certificate_out_of_its_time(ca: Authority, start: Start, make: Make) -> None:
    expired = start(ca.issue("expired", "127.0.0.1", starts=-9, ends=-1))
    assert trouble(make, endpoint(expired, ca)) == ("http.tls_expired", Blame.TARGET)
    early = start(ca.issue("early", "127.0.0.1", starts=1))
    assert trouble(make, endpoint(early, ca)) == ("http.tls_not_yet_valid", Blame.TARGET)


def test_a_certificate_for_another_name(ca: Authority, start: Start, make: Make) -> None:
    server = start(ca.issue("named", "catalogue.test"))
    assert trouble(make, endpoint(server, ca)) == ("http.tls_name", Blame.TARGET)
    named = endpoint(server, ca, server_name="catalogue.test")
    assert isinstance(make("", endpoint=named).perform(GET), Exchange)


def test_a_ca_that_nobody_named_is_yours_to_name(ca: Authority, start: Start, make: Make) -> None:
    server = start(ca.issue("unknown", "127.0.0.1"))
    assert trouble(make, endpoint(server, None)) == ("http.tls_unknown_ca", Blame.YOU)


def test_another_ca_than_the_one_named_is_the_targets_fault(
    ca: Authority, start: Start, make: Make, tmp_path: Path
) -> None:
    server = start(ca.issue("stranger", "127.0.0.1"))
    other = Authority(tmp_path, "other")
    assert trouble(make, endpoint(server, other)) == ("http.tls_unknown_ca", Blame.TARGET)


def test_no_common_version(ca: Authority, start: Start, make: Make) -> None:
    server = start(ca.issue("old", "127.0.0.1"))
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server.context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server.context.maximum_version = ssl.TLSVersion.TLSv1
    assert trouble(make, endpoint(server, ca)) == ("http.tls_protocol", Blame.TARGET)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_is_shown_where_there_is_one(
    version: ssl.TLSVersion, ca: Authority, start: Start, make: Make
) -> None:
    server = start(ca.issue("mutual", "127.0.0.1"), clients=ca.file)
    server.context.maximum_version = version
    certificate, key = (str(each) for each in ca.issue("client"))
    bare = make("", endpoint=endpoint(server, ca)).perform(GET)
    assert isinstance(bare, Unobserved), bare
    assert bare.code.startswith("http.tls_") or bare.code == "http.reset"
    assert bare.blame is Blame.TARGET
    shown = endpoint(server, ca, client_certificate=certificate, client_key=key)
    assert isinstance(make("", endpoint=shown).perform(GET), Exchange)
    own = {"device": Fixed("mutual_tls", mutual=Mutual(certificate, key))}
    driver = make("", endpoint=endpoint(server, ca), identities=own)
    seen = driver.perform(Ask("p/a.1", "o", "api", "device", "GET", "/a"))
    assert isinstance(seen, Exchange), seen
    assert seen.facts["sent_credentials"] == "mutual_tls"
    assert isinstance(driver.perform(GET), Unobserved)


def test_files_that_cannot_be_read_stop_before_a_packet(tmp_path: Path, make: Make) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    for said, code in (
        ({"ca": str(rubbish)}, "http.ca_unreadable"),
        ({"ca": str(tmp_path / "none")}, "http.ca_unreadable"),
        ({"client_certificate": str(rubbish)}, "http.certificate_unreadable"),
    ):
        with pytest.raises(KitError) as caught:
            make("", endpoint=Endpoint(url="https://127.0.0.1:1", **said))
        assert caught.value.code == code
        assert caught.value.blame is Blame.YOU


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("plain-on-tls-port", "http.tls_plain"),
        ("tls-on-plain-port", "http.speaks_tls"),
        ("tls-garbage", "http.tls_broken"),
        ("tls-hello-request-flood", "http.tls_flood"),
        ("tls-silent", "http.timeout"),
    ],
)
def test_a_peer_that_speaks_something_else(
    name: str, code: str, zoo: dict[str, Peer], make: Make
) -> None:
    began = time.monotonic()
    driver = make(zoo[name].url, limits=Limits(exchange_seconds=1))
    seen = driver.perform(GET)
    assert isinstance(seen, Unobserved)
    assert (seen.code, seen.blame) == (code, Blame.TARGET)
    assert time.monotonic() - began < 4
