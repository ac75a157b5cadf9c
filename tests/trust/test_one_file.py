"""The verifier that is one file: it needs Python and ``cryptography``, and nothing of the kit."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from bundle.make import handshake, quiet, run_folder, some_evidence, unobserved, write_rest
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.bundle.seal import seal
from cqsc_conform.model.evidence import Attestation, Body, Document, Evidence, Exchange
from cqsc_conform.model.statement import Algorithm
from cqsc_conform.resources import verifier_file
from cqsc_conform.trust import verify_one_file
from cqsc_conform.trust.algorithms import new_private, public_info, sign
from cqsc_conform.trust.issue import issue_plan
from cqsc_conform.trust.verify_one_file import META, Refused, number, verify
from cqsc_conform.trust.verify_one_file_sm2 import sm2_verifies
from trust.make import BEFORE, Lab, statements_of, with_statements

GUARD = """
import runpy, sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"cqsc_conform", "msgspec", "rfc8785", "requests"}:
            raise ImportError(name)
sys.meta_path.insert(0, Guard())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_alone(folder: Path, archive: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the exported file from an empty folder, with the kit forbidden to it."""
    alone = folder / "alone"
    alone.mkdir(exist_ok=True)
    (alone / "verify.py").write_bytes(verifier_file())
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", GUARD, "verify.py", archive],
        cwd=alone, capture_output=True, check=False, timeout=60,
    )  # fmt: skip


def test_it_verifies_alone_and_says_what_it_did_not(archive: Path, tmp_path: Path) -> None:
    done = run_alone(tmp_path, archive)
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "NOT replayed" in said
    assert "未重新判定" in said
    assert said.count("signed 已签名") == 5
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    done = run_alone(tmp_path, archive)
    assert done.returncode == 5
    assert b"NOT VERIFIED" in done.stderr
    assert done.stdout == b""


def test_it_imports_nothing_of_the_kit() -> None:
    text = verifier_file().decode()
    assert "import cqsc_conform" not in text
    assert "from cqsc_conform" not in text
    compile(text, "verify.py", "exec")


def test_it_knows_every_kind_of_evidence() -> None:
    assert set(META) == {each.__struct_config__.tag for each in get_args(Evidence)}


def odd() -> tuple[Evidence, ...]:
    first = some_evidence()[0]
    assert isinstance(first, Exchange)
    facts = {"a": 1e21, "b": 1.5e-7, "c": -0.0, "d": 1e15, "é": True, "z": None, "n": -3}
    bare = msgspec.structs.replace(
        first, id="catalog.walk/pages.9", facts=facts, params={}, redactions=(), took_ms=7.0
    )
    binary = msgspec.structs.replace(
        first,
        id="catalog.walk/pages.8",
        request=msgspec.structs.replace(first.request, body=Body.of(b"\xff\x00 \x01")),
    )
    at = "2026-01-02T03:04:05.678Z"
    paper = Document("doc.read/1.1", "manual", "text/plain", "sha256:0", Body.of(b"text"), at)
    word = Attestation("ask.it/1.1", "Q-1", "yes", "钱某", "tester", at, at, "file")
    more = (handshake(), quiet(), unobserved(), bare, binary, paper, word)
    return (*some_evidence(), *more)


def unique(evidence: tuple[Evidence, ...]) -> Iterator[Evidence]:
    seen = set()
    for each in evidence:
        if each.id not in seen:
            seen.add(each.id)
            yield each


def test_it_commits_to_evidence_as_the_kit_does(tmp_path: Path, lab: Lab) -> None:
    folder = write_rest(run_folder(tmp_path / "run", tuple(unique(odd()))))
    (folder / "statements/plan.dsse.json").unlink()
    with open_bundle(folder) as bundle:
        issue_plan(folder, bundle.plan, [lab.tester], BEFORE)
    archive = seal(folder)
    assert "signed 已签名 plan" in verify(str(archive))[1]
    less = tmp_path / "less.cqsc.zip"
    gone = ["catalog.walk/pages.1:response.body", "catalog.walk/pages.8:params"]
    redact(archive, less, [*gone, "ask.it/1.1:attestation.name"])
    assert sum("removed 已删减" in line for line in verify(str(less))) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"), (-0.0, "0"), (5e-324, "5e-324"),
        (333333333.33333329, "333333333.3333333"),
        (1e23, "1e+23"), (-12.5, "-12.5"), (1.7976931348623157e308, "1.7976931348623157e+308"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_rfc_8785_does(value: float, text: str) -> None:
    assert number(value) == text


def test_it_verifies_every_algorithm() -> None:
    private = new_private(Algorithm.SM2)
    _, info = public_info(private)
    signature = sign(private, b"message")
    assert sm2_verifies(info, b"message", signature)
    assert not sm2_verifies(info, b"another", signature)
    assert not sm2_verifies(info, b"message", signature[:-1] + bytes((signature[-1] ^ 1,)))


def test_each_kind_of_change_is_refused(folder: Path) -> None:
    files = statements_of(folder)

    def of(change: dict[str, bytes | None]) -> str:
        archive = with_statements(folder, change)
        with pytest.raises(Refused) as found:
            verify(str(archive))
        with_statements(folder, dict(files))
        return str(found.value)

    one, other = "endorsement-authoriser.dsse.json", "endorsement-reviewer.dsse.json"
    assert "missing" in of({one: files[one].replace(b'"keyid": "', b'"keyid": "0')})
    assert "signed" in of({"plan.dsse.json": None})
    assert "swapped" in of({one: files["plan.dsse.json"]})
    assert "swapped" in of({"verdicts.dsse.json": files[other], one: None, other: None,
                            "endorsement-compiler.dsse.json": None})  # fmt: skip
    assert "twice" in of({one: files[one].replace(b'"payload":', b'"payload": "", "payload":')})


def test_a_flip_anywhere_in_a_statement_is_noticed(folder: Path) -> None:
    files = {f"statements/{name}": data for name, data in statements_of(folder).items()}
    for name in ("manifest.json", "verdicts.json", "plan.json"):
        files[name] = (folder / name).read_bytes()
    name = "statements/endorsement-authoriser.dsse.json"
    for at in range(0, len(files[name]), 29):
        flipped = bytearray(files[name])
        flipped[at] ^= 1 << at % 7
        # White space between names is not read; a flip into other white space changes nothing.
        if bytes(flipped).split() == files[name].split():
            continue
        with pytest.raises((Refused, KeyError, TypeError, ValueError, AttributeError)):
            verify_one_file.check_statements({**files, name: bytes(flipped)})
