"""The whole road by the command line: a laboratory signs, another region verifies offline."""

import io
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cli.kit import Done, kit
from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.cli import assemble
from cqsc_conform.cli.app import build
from cqsc_conform.cli.ending import guarded
from cqsc_conform.cli.references import PUBLISHED, running_api, write_target
from cqsc_conform.cli.signed_run import Signing
from cqsc_conform.cli.verifying import judged_again
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import Report
from cqsc_conform.model.trust import Verification
from cqsc_conform.model.verdict import Verdicts
from cqsc_conform.trust.keys import load_key
from cqsc_conform.trust.replay import Judging
from cqsc_conform.trust.verify import verify_bundle
from trust.make import statements_of

SECRET = {"PASSPHRASE": "correct horse battery", **PUBLISHED}
P = ("--passphrase", "env:PASSPHRASE")


@contextmanager
def standing_in(place: Path) -> Iterator[None]:
    """Stand in a folder, with the environment of the play."""
    before, kept, handler = Path.cwd(), dict(os.environ), signal.getsignal(signal.SIGTERM)
    os.chdir(place)
    os.environ.update(SECRET, CQSC_TRUST_STATE=str(place / "state.json"))
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(kept)
        signal.signal(signal.SIGTERM, handler)


def here(place: Path, *words: str | Path) -> Done:
    """Run a command in this process: its words are those of whatever language came first."""
    out, err = io.StringIO(), io.StringIO()
    with standing_in(place), redirect_stdout(out), redirect_stderr(err):
        code = guarded(build(), [str(word) for word in words], "en")
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[..., Done]]:
    """Make a laboratory of two people under a demonstration authority, and a signed run."""
    place = tmp_path_factory.mktemp("play")

    def command(*words: str | Path) -> Done:
        return here(place, *words)

    for name in ("authority", "tester", "compiler"):
        assert command("keys", "new", f"{name}.key", "--name", name, *P).code == 0
    assert command("keys", "ca", "authority.key", *P).code == 0
    for name in ("tester", "compiler"):
        issued = command("keys", "issue", f"{name}.key", "--ca", "authority.key", *P,
                         "--lab", "urn:lab:cq:0001")  # fmt: skip
        assert issued.code == 0, issued.err
    with running_api() as url:
        target = write_target(place, url)
        done = command("run", target, "-o", "out", "--key", "tester.key", *P, "--log", "lab.log")
        assert done.code == 0, done.err
    return place, command


def test_a_signed_run_is_endorsed_and_verified(play: tuple[Path, Callable[..., Done]]) -> None:
    place, command = play
    statements = place / "out/statements"
    assert sorted(each.name for each in statements.iterdir()) == [
        "plan.dsse.json", "plan.log.json", "verdicts.dsse.json",
    ]  # fmt: skip
    done = command("endorse", "out.cqsc.zip", "--key", "compiler.key", *P, "--role", "compiler")
    assert done.code == 0, done.err
    assert done.out.strip() == "out.cqsc.zip"
    said = kit("--lang", "zh", "verify", place / "out.cqsc.zip")
    assert said.code == 0, said.err
    assert "编制" in said.out
    assert "尚未签署" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines()[1:])
    drafted = command("trust", "list", "new", "--region", "SC", "--ca", "authority.key.crt",
                      "--of", "CQ", "--log-key", "tester.key", "--since", "2026-01-01",
                      "--scope", "di-*", "-o", "draft.json")  # fmt: skip
    assert drafted.code == 0, drafted.err
    signed = command("trust", "list", "sign", "draft.json", "--key", "authority.key", *P,
                     "-o", "list.dsse.json")  # fmt: skip
    assert signed.code == 0, signed.err
    shown = command("trust", "list", "show", "list.dsse.json")
    assert "authority" in shown.out
    trusted = command("verify", "out.cqsc.zip", "--trust", "list.dsse.json", "--json")
    assert trusted.code == 0, trusted.err
    found = json.loads(trusted.out)
    assert [each["proven_by"] for each in found["statements"] if "proven_by" in each] == ["log"]
    assert found["replayed"] == 23
    assert all(each["trusted"] for each in found["statements"])
    # The same person in another role, and a verdict that nobody judged.
    again = command("endorse", "out.cqsc.zip", "--key", "compiler.key", *P, "--role", "reviewer",
                    "--json")  # fmt: skip
    assert again.code == 5
    assert json.loads(again.out)["error"]["code"] == "trust.same_person"
    noted = command("log", "append", "lab.log", "out.cqsc.zip", "--key", "tester.key", *P)
    assert noted.code == 0, noted.err
    assert json.loads(command("log", "check", "lab.log", "--json").out)["size"] == 3


def test_openssl_verifies_a_statement_by_the_recipe(
    play: tuple[Path, Callable[..., Done]], tmp_path: Path
) -> None:
    """The recipe of docs/statements.md."""
    place, command = play
    exported = command("keys", "export", "tester.key", "-o", "tester.pem")
    assert exported.code == 0, exported.err
    envelope = json.loads(statements_of(place / "out.cqsc.zip")["plan.dsse.json"])
    (tmp_path / "plan.dsse.json").write_text(json.dumps(envelope))
    script = """
set -e
kind=$(jq -r .payloadType plan.dsse.json)
jq -r .payload plan.dsse.json | base64 -d > payload
printf 'DSSEv1 %d %s %d ' ${#kind} "$kind" "$(wc -c < payload)" | cat - payload > signed
jq -r '.signatures[0].sig' plan.dsse.json | base64 -d > signature
openssl dgst -sha256 -verify tester.pem -signature signature signed
"""
    script = script.replace("jq -r .payloadType plan.dsse.json", _jq("e['payloadType']"))
    script = script.replace("jq -r .payload plan.dsse.json", _jq("e['payload']"))
    script = script.replace(
        "jq -r '.signatures[0].sig' plan.dsse.json", _jq("e['signatures'][0]['sig']")
    )
    (tmp_path / "tester.pem").write_bytes((place / "tester.pem").read_bytes())
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "Verified OK", done.stderr


def _jq(what: str) -> str:
    """Stand in for jq, which need not be installed where the tests run."""
    return f"""python3 -c "import json; e = json.load(open('plan.dsse.json')); print({what})" """


def test_a_signed_plan_names_the_log_s_number(play: tuple[Path, Callable[..., Done]]) -> None:
    place, _ = play
    proof = json.loads((place / "out/statements/plan.log.json").read_bytes())
    assert proof["entry"]["number"].endswith("-00001")
    key = load_key(place / "tester.key", SECRET["PASSPHRASE"])
    assert Signing(keys=(key,)).log is None


def test_the_passphrase_is_never_a_word_of_the_command(
    play: tuple[Path, Callable[..., Done]],
) -> None:
    place, _ = play
    done = kit("keys", "new", place / "x.key", "--name", "x", "--passphrase", "correct horse")
    assert done.code == 2
    assert "correct horse" not in done.err


def test_a_log_without_a_key_is_a_usage_error(play: tuple[Path, Callable[..., Done]]) -> None:
    place, command = play
    target = write_target(place, "http://127.0.0.1:9")
    done = command("run", target, "-o", "other", "--log", "lab.log")
    assert done.code == 2
    assert "--key" in done.err


def test_the_verifier_is_exported(play: tuple[Path, Callable[..., Done]]) -> None:
    place, command = play
    assert command("verify", "--export-verifier", "verifier.py").code == 0
    assert b"Verify the integrity" in (place / "verifier.py").read_bytes()
    assert command("verify").code == 2


def _verified(path: Path, judging: Judging) -> Verification:
    with open_bundle(path) as bundle:
        now = datetime.now(UTC)
        return verify_bundle(bundle, now=now, judging=judging).verification


def test_a_check_that_is_no_longer_shipped_is_named(
    play: tuple[Path, Callable[..., Done]], refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(assemble, "registered", dict)
    archive = play[0] / "out.cqsc.zip"
    assert refused(_verified, archive, judged_again) == "trust.check_version"


def test_a_verdict_that_comes_out_otherwise_is_named(
    play: tuple[Path, Callable[..., Done]], refused: Callable[..., str]
) -> None:
    def otherwise(bundle: Bundle) -> tuple[Verdicts, Report]:
        verdicts, report = judged_again(bundle)
        first, *rest = verdicts.rows
        verdict = msgspec.structs.replace(first.verdict, outcome=Outcome.FAIL)
        rows = (msgspec.structs.replace(first, verdict=verdict), *rest)
        return msgspec.structs.replace(verdicts, rows=rows), report

    def better(bundle: Bundle) -> tuple[Verdicts, Report]:
        verdicts, report = judged_again(bundle)
        conclusion = Conclusion.NON_CONFORMANT
        return verdicts, msgspec.structs.replace(report, conclusion=conclusion)

    archive = play[0] / "out.cqsc.zip"
    assert refused(_verified, archive, otherwise) == "trust.replay_differs"
    assert refused(_verified, archive, better) == "trust.report_differs"


def test_verdicts_that_lean_on_removed_evidence_are_named(
    play: tuple[Path, Callable[..., Done]], tmp_path: Path
) -> None:
    out = tmp_path / "less.cqsc.zip"
    redact(play[0] / "out.cqsc.zip", out, ["catalog.walk/pages.1:response.body"])
    shown = _verified(out, judged_again)
    assert shown.removed == {"catalog.walk/pages.1": ("response.body",)}
    assert "DI-CATALOG-002" in shown.not_replayable
    assert shown.replayed == 23 - len(shown.not_replayable)
