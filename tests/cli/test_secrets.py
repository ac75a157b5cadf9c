"""A secret that the target reflects is in nothing that a run leaves or says."""

import base64
import hashlib
import json
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import pytest

from cli.kit import COMMAND, QUICK, environment, target
from hostile.peer import hostile_zoo, requests_in

REFERENCE = '"env:CQSC_PLANTED"'
SCHEMES = {
    "bearer": f"{{scheme: bearer, token: {REFERENCE}}}",
    "basic": f"{{scheme: basic, username: tester, password: {REFERENCE}}}",
    "query": f"{{scheme: key, name: ticket, value: {REFERENCE}, place: query}}",
    "header": f"{{scheme: key, name: X-Gateway, value: {REFERENCE}}}",
    "signed": (
        f"{{scheme: signed, app_id: tester, secret: {REFERENCE}, algorithm: hmac-sha256, "
        'string_to_sign: "{method}\\n{path}\\n{timestamp}\\n{nonce}\\n{secret}", '
        'headers: {X-App: "{app_id}", X-Time: "{timestamp}", X-Nonce: "{nonce}", '
        'X-Sign: "{signature}"}}'
    ),
}
POSITIONS = (
    "echo-reason", "echo-header-name", "echo-set-cookie", "echo-location", "echo-json-ids",
    "echo-json-escaped", "echo-json-in-json", "echo-cursor", "echo-base64-shifted",
    "echo-url-encoded-fully", "echo-hex-upper", "echo-split-chunks", "echo-gzip", "echo-garbage",
    "echo-request",
)  # fmt: skip
KINDS = ("plain", "awkward")
# Every scheme meets several positions, plain and awkward; the driver's tests cross them all.
CASES = [
    (position, list(SCHEMES)[number % len(SCHEMES)], KINDS[number % 2])
    for number, position in enumerate(POSITIONS)
]


class Left(NamedTuple):
    """What a run left and said, by name, and whether the secret was sent at all."""

    secret: str
    texts: dict[str, bytes]
    exit: int
    asked: int


def planted(kind: str, seed: str) -> str:
    """Make a secret that nothing else looks like, the same for the same seed."""
    raw = hashlib.sha256(seed.encode()).hexdigest()[:24]
    return raw + {"plain": "x", "awkward": "/+=Z&?q#u o<te>'\\é密"}[kind]


def forms(secret: bytes) -> dict[str, bytes]:
    """Give the forms in which a secret could be read back."""
    text = secret.decode()
    found = {
        "raw": secret,
        "json": json.dumps(text)[1:-1].encode(),
        "json readable": json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        "json in json": json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "url": quote(secret, safe="").encode(),
        "url plus": quote_plus(secret).encode(),
        "url whole": b"".join(b"%%%02X" % byte for byte in secret),
    }
    for ahead in range(3):
        inside = base64.b64encode(b"\0" * ahead + secret)
        # Without the characters that hold bits of what stands before or after.
        core = inside[-(-ahead * 8 // 6) : (ahead + len(secret)) * 8 // 6]
        found[f"base64 {ahead}"] = core
        found[f"base64url {ahead}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    return found


def perform(folder: Path, url: str, scheme: str, secret: str, log: Path, peer: str) -> Left:
    folder.mkdir()
    run = folder / "run"
    file = target(
        folder, url, more=f"identities: {{default: {{use: {SCHEMES[scheme]}}}}}\n", limits=QUICK
    )
    done = subprocess.run(
        [*COMMAND, "run", str(file), "-o", str(run), "--lang", "zh", "-f", "markdown",
         "--only", "DI-CATALOG-001", "--only", "DI-CATALOG-016"],
        env=environment(CQSC_PLANTED=secret), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    texts = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(folder / "run.cqsc.zip") as sealed:
        texts |= {f"zip: {name}": sealed.read(name) for name in sealed.namelist()}
    texts |= {"stdout": done.stdout, "stderr": done.stderr}
    texts |= {"names": "\n".join(texts).encode()}
    asked = sum(row["peer"] == peer for row in requests_in(log))
    return Left(secret, texts, done.returncode, asked)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Left]]:
    """Perform all runs, three at a time."""
    folder = tmp_path_factory.mktemp("secrets")
    log = folder / "log"
    with hostile_zoo(*POSITIONS, log=log, pace=0.01) as peers, ThreadPoolExecutor(3) as pool:

        def one(case: tuple[str, str, str]) -> Left:
            position, scheme, kind = case
            secret = planted(kind, position)
            url = peers[position].url
            return perform(folder / position, url, scheme, secret, log, position)

        yield dict(zip(POSITIONS, pool.map(one, CASES), strict=True))


@pytest.mark.parametrize("position", POSITIONS)
def test_a_reflected_secret_is_nowhere(position: str, left: dict[str, Left]) -> None:
    found = left[position]
    assert found.exit in {1, 3, 4}, found.texts["stderr"].decode()
    assert found.asked > 0
    assert {"run/report.json", "run/evidence/000001.ndjson", "zip: plan.json"} <= set(found.texts)
    for name, text in found.texts.items():
        for form, needle in forms(found.secret.encode()).items():
            assert needle not in text, (name, form)


def test_the_forms_would_be_found() -> None:
    secret = planted("awkward", "any").encode()
    for ahead in range(3):
        text = base64.b64encode(b"\0" * ahead + secret + b"after")
        assert forms(secret)[f"base64 {ahead}"] in text
    body = json.dumps({"a": secret.decode()}).encode()
    assert forms(secret)["json"] in body
