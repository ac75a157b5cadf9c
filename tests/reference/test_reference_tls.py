"""The TLS endpoints as processes: what they serve, what each mutant is wrong in, how they end."""

import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import running_tls, write_tls_target
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.reference.mutants.transport import MUTANTS

COMMAND = [sys.executable, "-m", "cqsc_conform.reference"]


def said(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("second", [False, True])
def test_each_reference_passes_everything(tmp_path, second):
    with running_tls(second=second) as where:
        target = write_tls_target(tmp_path, where, second=second)
        setup = prepare(target, [], Choices(level=3))
        report = observed_and_judged(setup, tmp_path / "run")
    assert {row.outcome for row in report.requirements} == {"pass"}
    assert report.conclusion == "conformant"


def test_the_references_are_unlike(tmp_path):
    kinds = []
    for second in (False, True):
        folder = tmp_path / str(second)
        folder.mkdir()
        words = ("tls_endpoint_b" if second else "tls_endpoint", "--folder", str(folder))
        with subprocess.Popen(
            [*COMMAND, *words, "--die-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
            assert Path(line["ca"]) == folder / "ca.pem"
            process.communicate()
        shown = x509.load_pem_x509_certificates((folder / "chain.pem").read_bytes())
        kinds.append((len(shown), type(shown[0].public_key()).__name__))
        assert process.returncode == 0
    assert kinds[0] != kinds[1]


def test_an_endpoint_answers_http_to_whoever_trusts_its_ca():
    with running_tls() as where:
        context = ssl.create_default_context(cafile=where["ca"])
        port = int(where["listening"].rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sealed,
        ):
            sealed.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sealed.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert not Path(where["ca"]).exists()


def test_the_mutants_are_listed_with_the_endpoint_that_has_them():
    listed = json.loads(said("tls_endpoint", "--list").stdout)
    assert [each["id"] for each in listed] == [each.id for each in MUTANTS]
    assert json.loads(said("tls_endpoint_b", "--list").stdout) == []


@pytest.mark.parametrize(
    "words",
    [
        ("tls_endpoint", "--mutant", "DI-CATALOG-001.absent"),
        ("tls_endpoint_b", "--mutant", "SEC-TRANSPORT-001.ssl3"),
        ("catalog_api", "--mutant", "SEC-TRANSPORT-001.ssl3"),
        ("tls_endpoint", "--host", "203.0.113.1"),
    ],
)
def test_wrong_usage_is_told(words):
    done = said(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
