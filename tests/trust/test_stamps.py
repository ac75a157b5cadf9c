"""Time stamps, from an OpenSSL time-stamp authority that answers on loopback."""

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from cqsc_conform.errors import KitError
from cqsc_conform.trust.stamps import MAX_STAMP, fetch_stamp, read_stamp, verify_stamp

Refused = Callable[..., str]
SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Test time-stamp authority
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = stamp
[stamp]
serial = serial
crypto_device = builtin
signer_cert = leaf.pem
signer_key = leaf.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(SETTINGS)
    openssl(folder, "req", "-x509", *KEY, "-keyout", "root.key", "-out", "root.pem",
            "-subj", "/CN=Root", "-days", "30")  # fmt: skip
    openssl(folder, "req", "-new", *KEY, "-keyout", "leaf.key", "-out", "leaf.csr",
            "-config", "tsa.cnf")  # fmt: skip
    openssl(folder, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "leaf", "-days", "30",
            "-out", "leaf.pem")  # fmt: skip
    return folder


class Answering(http.server.BaseHTTPRequestHandler):
    folder: Path
    answer: Callable[[bytes], tuple[int, bytes]]

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        status, data = type(self).answer(query)
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def serve(authority: Path) -> Iterator[Callable[..., str]]:
    servers = []

    def start(answer: Callable[[bytes], tuple[int, bytes]] | None = None) -> str:
        def stamped(query: bytes) -> tuple[int, bytes]:
            (authority / "query").write_bytes(query)
            openssl(authority, "ts", "-reply", "-config", "tsa.cnf", "-section", "stamp",
                    "-queryfile", "query", "-out", "reply")  # fmt: skip
            return 200, (authority / "reply").read_bytes()

        handler = type("Handler", (Answering,), {"answer": staticmethod(answer or stamped)})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


def root_of(authority: Path, name: str = "root.pem") -> x509.Certificate:
    return x509.load_pem_x509_certificate((authority / name).read_bytes())


def test_a_stamp_is_fetched_and_verified_offline(
    authority: Path, serve: Callable[..., str], refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy that nobody serves: the environment is not asked.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("NO_PROXY", "")
    stamp = fetch_stamp(serve(), b"statement", 60)
    root = root_of(authority)
    at, under = verify_stamp(stamp, b"statement", (root,), "plan.tsr")
    assert under == root
    assert abs(at - datetime.now(UTC)) < timedelta(hours=1)
    code = refused(verify_stamp, stamp, b"another", (root,), "plan.tsr")
    assert code == "trust.stamp_invalid"
    stranger = root_of(authority, "leaf.pem")
    assert refused(verify_stamp, stamp, b"statement", (stranger,), "x") == "trust.stamp_invalid"
    assert refused(verify_stamp, stamp, b"statement", (), "x") == "trust.stamp_untrusted"
    assert refused(read_stamp, stamp + b"\0", "x") == "trust.stamp_form"
    assert refused(read_stamp, stamp[:-1], "x") == "trust.stamp_form"
    assert refused(read_stamp, b"", "x") == "trust.stamp_form"
    # What names the moment and the statement is signed: no flip there passes.
    info = stamp.index(b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04") + 13
    for place in range(info, info + 120, 5):
        flipped = bytearray(stamp)
        flipped[place] ^= 0x10
        with pytest.raises(KitError):
            verify_stamp(bytes(flipped), b"statement", (root,), "x")


def test_openssl_verifies_the_stamp_too(authority: Path, serve: Callable[..., str]) -> None:
    (authority / "data").write_bytes(b"statement")
    (authority / "stamp.tsr").write_bytes(fetch_stamp(serve(), b"statement", 60))
    openssl(authority, "ts", "-verify", "-data", "data", "-in", "stamp.tsr", "-CAfile", "root.pem")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, b""), "stamp.refused"),
        ((302, b""), "stamp.refused"),
        ((200, b"x" * (MAX_STAMP + 1)), "stamp.refused"),
        ((200, b"no stamp"), "trust.stamp_form"),
        ((200, bytes.fromhex("30053003020102")), "trust.stamp_form"),
    ],
)
def test_a_wrong_answer_is_refused(
    serve: Callable[..., str], refused: Refused, answer: tuple[int, bytes], code: str
) -> None:
    url = serve(lambda _: answer)
    assert refused(fetch_stamp, url, b"statement", 60) == code


def test_an_old_answer_is_refused(serve: Callable[..., str], refused: Refused) -> None:
    """A stamp of another query bears another nonce."""
    old = fetch_stamp(serve(), b"statement", 60)
    assert refused(fetch_stamp, serve(lambda _: (200, old)), b"statement", 60) == "stamp.refused"


def test_nobody_there_is_told(refused: Refused) -> None:
    assert refused(fetch_stamp, "http://127.0.0.1:9/", b"statement", 5) == "stamp.unreachable"
