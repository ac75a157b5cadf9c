"""Two bundles of one device are recognised together; a device with other firmware is refused."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.kit import ROOT
from cqsc_conform.cli.app import build
from cqsc_conform.cli.ending import guarded
from cqsc_conform.cli.references import running_device

ONLY = ("-p", "iot-telemetry", "--only", "IOT-TELEMETRY-001")
P = ("--passphrase", "env:PASSPHRASE")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, standing in a folder of the test's own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PASSPHRASE", "correct horse battery")
    monkeypatch.setenv("CQSC_TRUST_STATE", str(tmp_path / "state.json"))
    monkeypatch.chdir(tmp_path)

    def command(*words: str | Path) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = guarded(build(), [str(word) for word in words], "en")
        return code, out.getvalue(), err.getvalue()

    return command


def signed_runs(here: Run, **firmware: str) -> None:
    """Run devices of some firmware, all at once, each by a target file that says the same."""
    with contextlib.ExitStack() as devices:
        targets = []
        for name, version in firmware.items():
            folder = Path(f"{name}-target")
            folder.mkdir()
            target = devices.enter_context(running_device(folder, firmware=version))
            targets.append(target.rename(f"{name}.yaml"))
        code, _, err = here("run", *targets, *ONLY, "-o", "runs", "-j", len(targets), "--key",
                            "tester.key", *P)  # fmt: skip
    assert code == 3, err
    for name, version in firmware.items():
        lines = Path("runs", name, "journal.ndjson").read_text(encoding="utf-8").splitlines()
        told = [each for each in map(json.loads, lines) if each["type"] == "subject"]
        assert [each["value"] for each in told] == [version, version]
        assert [each["when"] for each in told] == ["start", "end"]


def test_bundles_merge_where_a_device_proves_itself_the_same(here: Run) -> None:
    for name in ("authority", "tester"):
        assert here("keys", "new", f"{name}.key", "--name", name, *P)[0] == 0
    assert here("keys", "ca", "authority.key", *P)[0] == 0
    assert here("keys", "issue", "tester.key", "--ca", "authority.key", *P,
                "--lab", "urn:lab:cq:0001")[0] == 0  # fmt: skip
    listed = ("--ca", "authority.key.crt", "--of", "CQ", "--since", "2026-01-01", "--scope", "*")
    assert here("trust", "list", "new", "--region", "SC", *listed, "-o", "draft.json")[0] == 0
    assert here("trust", "list", "sign", "draft.json", "--key", "authority.key", *P,
                "-o", "list.json")[0] == 0  # fmt: skip
    signed_runs(here, one="1.0.0", two="1.0.0", other="1.0.1")
    trust = ("-r", "SC", "--trust", "list.json")
    one, two, other = (f"runs/{name}.cqsc.zip" for name in ("one", "two", "other"))
    code, out, err = here("recognize", one, two, *trust, "-o", "both")
    assert code in {0, 3}, out + err
    found = json.loads(Path("both/recognition.json").read_bytes())
    assert [each["proof"] for each in found["bundles"]] == ["1.0.0", "1.0.0"]
    code, out, _ = here("recognize", one, other, *trust, "-o", "none", "--json")
    assert json.loads(out)["error"]["code"] == "recognition.other_subject"
    assert code in {2, 5}
    assert not Path("none").exists()
