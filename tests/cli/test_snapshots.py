"""What the commands say, whole, in both languages, at 80 columns; read by people before kept."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.kit import ROOT, Done, environment, kit
from cqsc_conform.reports.layout import width_of
from hostile.peer import hostile_peer

LANGS = ("zh", "en")
GOLDEN = Path(__file__).parent / "golden"
WIDTH = 80

HELP: tuple[tuple[str, ...], ...] = (
    (),
    ("demo",), ("plan",), ("run",), ("judge",), ("report",), ("compare",),
    ("profiles",), ("profiles", "list"), ("profiles", "show"), ("profiles", "export"),
    ("target",), ("target", "init"), ("target", "check"), ("target", "doctor"),
    ("mock",), ("mock", "api"), ("mock", "tls"), ("mock", "score"), ("qualify",),
    ("bundle",), ("bundle", "seal"), ("bundle", "redact"), ("bundle", "har"),
    ("release",), ("release", "kill"), ("release", "lint"),
)  # fmt: skip

# What differs from run to run: identities, times, ports, digests, this machine's folders.
CHANGING = (
    (re.compile(r"sha256:[0-9a-f]+\n +[0-9a-f]+"), "sha256:…"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:…"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<run>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z"), "<time>"),
    (re.compile(r"127\.0\.0\.1:\d{4,5}"), "127.0.0.1:<port>"),
    (re.compile(r"(?<=cqsc-conform )0\.1\.0\b"), "<version>"),
)
STRAY = re.compile(r"[\u4e00-\u9fff，。；：、（）] +[\u4e00-\u9fff，。；：、（）]")
BARE_CODE = re.compile(
    r"\b(?:bundle|catalog|cli|engine|http|load|paging|reply|report|target)\.[a-z_]+ \("
)


def steady(text: str, folder: Path) -> str:
    """Take out what changes."""
    text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), "<folder>")
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


Keep = Callable[[str, Done], None]


@pytest.fixture
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> Keep:
    """Compare what a command said with ``golden/``, or write it under ``--update-golden``."""

    def compare(name: str, done: Done) -> None:
        said = f"exit {done.code}\n--- stdout\n{done.out}--- stderr\n{done.err}"
        found = steady(said, tmp_path)
        path = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(found, encoding="utf-8")
        assert path.is_file(), f"no golden file {name}: look at the output, then --update-golden"
        assert found == path.read_text(encoding="utf-8")

    return compare


# Many helps in one process of one language: each alone takes longer to start than to say.
HELPS = """
import contextlib, io, json, sys
from cqsc_conform.cli.app import run
lang, every = sys.argv[1], json.loads(sys.argv[2])
said = {}
for words in every:
    sys.argv = ["cqsc-conform", *words, "--help", "--lang", lang]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            run()
        except SystemExit as end:
            said[" ".join(words)] = [end.code, out.getvalue()]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def helps() -> dict[str, dict[str, Done]]:
    """What ``--help`` of every command says, by language and command."""
    found = {}
    for lang in LANGS:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", HELPS, lang, json.dumps(HELP)],
            env=environment(),
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert done.stderr == b""
        said = json.loads(done.stdout)
        found[lang] = {words: Done(code, out, "") for words, (code, out) in said.items()}
    return found


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help(
    words: tuple[str, ...], lang: str, helps: dict[str, dict[str, Done]], keep: Keep
) -> None:
    done = helps[lang][" ".join(words)]
    assert done.code == 0
    keep("-".join(("help", *words, lang)), done)


def test_help_is_the_same_alone(helps: dict[str, dict[str, Done]]) -> None:
    assert kit("run", "--help", "--lang", "zh") == helps["zh"]["run"]


@pytest.fixture(scope="module", params=LANGS)
def demos(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, Done, Done]:
    """The demo and a mutant of it, in one language: both runs serve several tests."""
    lang = str(request.param)
    folder = tmp_path_factory.mktemp("demo")
    mutant = "DI-CATALOG-002.check-char"
    good = kit("demo", "-o", "run", "--lang", lang, cwd=folder)
    wrong = kit("demo", "-o", "mutant", "--mutant", mutant, "--lang", lang, cwd=folder)
    return lang, folder, good, wrong


def test_demo(demos: tuple[str, Path, Done, Done], keep: Keep) -> None:
    lang, _, good, _ = demos
    assert good.code == 0
    keep(f"demo-{lang}", good)


def test_demo_of_a_mutant_and_what_differs(demos: tuple[str, Path, Done, Done], keep: Keep) -> None:
    lang, folder, _, wrong = demos
    assert wrong.code == 1
    keep(f"demo-mutant-{lang}", wrong)
    done = kit("compare", "run", "mutant", "--lang", lang, cwd=folder)
    assert done.code == 1
    keep(f"compare-{lang}", done)


@pytest.mark.parametrize("lang", LANGS)
def test_a_target_that_is_down(lang: str, keep: Keep, tmp_path: Path) -> None:
    with hostile_peer("refuses") as url:
        text = (ROOT / "cqsc_conform/reference/targets/catalog_api.yaml").read_text("utf-8")
        file = tmp_path / "down.yaml"
        file.write_text(text.replace("http://127.0.0.1:8080", url), encoding="utf-8")
        env = {"CQSC_REFERENCE_TOKEN": "reference-token"}
        done = kit("run", "down.yaml", "-o", "run", "--lang", lang, cwd=tmp_path, env=env)
    assert done.code == 4
    keep(f"down-{lang}", done)
    markdown = (tmp_path / "run/report.md").read_text(encoding="utf-8")
    keep(f"down-markdown-{lang}", Done(0, markdown, ""))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "words",
    [
        ("profiles",),
        ("profiles", "show", "di-catalog"),
        ("plan", str(ROOT / "cqsc_conform/reference/targets/catalog_api.yaml")),
        ("release", "lint"),
    ],
    ids=" ".join,
)
def test_what_commands_show(words: tuple[str, ...], lang: str, keep: Keep) -> None:
    done = kit(*words, "--lang", lang)
    assert done.code == 0
    keep("-".join((*(word for word in words if "/" not in word), lang)), done)


@pytest.mark.parametrize("lang", LANGS)
def test_kill(lang: str, keep: Keep, tmp_path: Path) -> None:
    words = ("release", "kill", "--only", "DI-CATALOG-002.check-char", "-o", "matrix.json")
    done = kit(*words, "--lang", lang, cwd=tmp_path)
    assert done.code == 0
    keep(f"release-kill-{lang}", done)


ERRORS = {
    "no-command": ("runn",),
    "no-such-command": ("nosuch",),
    "no-argument": ("run",),
    "no-option": ("run", "--outt", "x"),
    "bad-choice": ("report", "x", "-f", "docx"),
    "no-file": ("plan", "none.yaml"),
    "many-problems": ("plan", "bad.yaml"),
    "no-requirement": ("plan", "good.yaml", "--only", "DI-CATALOG-999"),
    "no-secret": ("run", "secret.yaml", "-o", "run"),
    "no-bundle": ("judge", "none", "-o", "out"),
    "taken": ("run", "good.yaml", "-o", "."),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("case", ERRORS)
def test_errors(case: str, lang: str, keep: Keep, tmp_path: Path) -> None:
    good = (
        "schema: cqsc-target/1\nsubject: {maker: {name: 厂商}, name: 接口}\n"
        'profiles: [di-catalog]\nendpoints: {api: {url: "http://127.0.0.1:9"}}\n'
    )
    secret = 'identities: {default: {use: {scheme: bearer, token: "env:CQSC_NOT_SET"}}}\n'
    bad = good.replace("maker", "makr") + "timezon: 1\nlimits: {run_seconds: long}\n"
    for name, text in (("good", good), ("secret", good + secret), ("bad", bad)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    done = kit(*ERRORS[case], "--lang", lang, cwd=tmp_path)
    assert done.code in {2, 5}
    keep(f"error-{case}-{lang}", done)


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.txt")}


class TestEverySnapshot:
    def test_fits_eighty_columns(self, kept: dict[str, str]) -> None:
        wide = {
            (name, line)
            for name, text in kept.items()
            if "markdown" not in name and "error" not in name
            for line in text.splitlines()
            if width_of(line) > WIDTH
        }
        assert wide == set()

    def test_has_no_stray_space_between_chinese(self, kept: dict[str, str]) -> None:
        found = {
            (name, line)
            for name, text in kept.items()
            for line in text.splitlines()
            if STRAY.search(line) and "  " not in line.strip()
        }
        assert found == set()

    def test_shows_no_code_in_place_of_a_sentence(self, kept: dict[str, str]) -> None:
        found = {
            (name, line)
            for name, text in kept.items()
            if "markdown" not in name
            for line in text.splitlines()
            if BARE_CODE.search(line) and not line.startswith("[")
        }
        assert found == set()
