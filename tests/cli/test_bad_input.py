"""Whatever is wrong with what a command is given: words in four parts, a code, nothing lost."""

import json
from pathlib import Path

import pytest

from cli.kit import Done, kit

WHOSE = {"en": "At fault: ", "zh": "责任方："}
GOOD = (
    "schema: cqsc-target/1\nsubject: {maker: {name: 厂商}, name: 接口}\nprofiles: [di-catalog]\n"
    'endpoints: {api: {url: "http://127.0.0.1:9"}}\n'
)
BOMB = (
    "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
    "c: [*b, *b, *b, *b, *b, *b, *b, *b]\n"
)
TARGETS = {
    "too large": ("#" * 1_100_000 + "\n" + GOOD, "load.file_size"),
    "alias bomb": (BOMB + GOOD, "load.yaml_anchor"),
    "tag": (GOOD + "x: !!python/object/apply:os.system [id]\n", "load.yaml_tag"),
    "deep": (GOOD + "x: " + "[" * 5000 + "\n", "load."),
    "not YAML": ("schema: [\n", "load.yaml"),
    "binary": ("\x00\x01\x02", "load."),
    "empty": ("", "load."),
    "a list": ("- 1\n- 2\n", "load."),
    "duplicate key": (GOOD + "profiles: [di-catalog]\n", "load.yaml_duplicate"),
    "wrong type": (GOOD.replace("[di-catalog]", "{a: 1}"), "load."),
    "unknown key": (GOOD + "timezon: +08:00\n", "load.", "timezone"),
    "literal secret": (
        GOOD + "identities: {default: {use: {scheme: bearer, token: abcdefghijklmnop}}}\n",
        "load.",
    ),
    "unknown profile": (GOOD.replace("di-catalog]", "di-catalogue]"), "load.", "di-catalog"),
    "missing secret": (
        GOOD + 'identities: {default: {use: {scheme: bearer, token: "env:CQSC_NOT_SET"}}}\n',
        "",
        "CQSC_NOT_SET",
    ),
}


def told(done: Done, lang: str, code: int) -> None:
    """Demand an exit code, and what, where, whose fault and what next on standard error."""
    assert done.code == code, done.err
    assert done.out == ""
    lines = done.err.splitlines()
    whose = [number for number, line in enumerate(lines) if line.startswith(WHOSE[lang])]
    assert len(whose) == 1, done.err
    assert whose[0] >= 1
    assert len(lines) == whose[0] + 2, done.err
    assert "(" not in lines[0] or "=" not in lines[0], "a code without a sentence"


def language_of(case: str) -> str:
    """Choose a language by the case; what both say is demanded of ``--json``."""
    return ("en", "zh")[len(case) % 2]


@pytest.mark.parametrize("case", ["alias bomb", "unknown key", "missing secret", "wrong type"])
def test_a_bad_target_file_is_told_in_four_parts(case: str, tmp_path: Path) -> None:
    lang = language_of(case)
    text, _, *named = TARGETS[case]
    path = tmp_path / "target.yaml"
    path.write_text(text, encoding="utf-8")
    done = kit("run", path, "-o", tmp_path / "run", "--lang", lang)
    told(done, lang, 2)
    assert all(name in done.err for name in named), done.err


@pytest.mark.parametrize("case", TARGETS)
def test_a_bad_target_file_is_told_to_programs(case: str, tmp_path: Path) -> None:
    text, code, *_ = TARGETS[case]
    path = tmp_path / "target.yaml"
    path.write_text(text, encoding="utf-8")
    done = kit("run", path, "-o", tmp_path / "run", "--json")
    said = json.loads(done.out)
    assert done.code == said["exit"] == 2
    error = said["error"]
    assert set(error) == {"code", "blame", "where", "zh", "en", "next", "problems"}
    assert error["code"].startswith(code) or error["problems"][0]["code"].startswith(code)
    for words in (error, error["next"], *error["problems"]):
        assert words["zh"] != words["en"] != ""


WORDS: dict[str, tuple[list[str], int, str]] = {
    "no such command": (["nosuch"], 2, "demo"),
    "near command": (["runn"], 2, "run"),
    "no such option": (["plan", "x.yaml", "--levl", "1"], 2, "--level"),
    "missing argument": (["plan"], 2, "TARGETS"),
    "bad value": (["plan", "x.yaml", "--level", "9"], 2, "9"),
    "bad choice": (["report", "x", "-f", "docx"], 2, "markdown"),
    "unknown profile": (["plan", "good.yaml", "-p", "di-catalogue"], 2, "di-catalog"),
    "unknown version": (["plan", "good.yaml", "-p", "di-catalog@9"], 2, "di-catalog"),
    "unknown requirement": (["plan", "good.yaml", "--only", "DI-CATALOG-999"], 2, "DI-CATALOG-"),
    "unknown mutant": (["demo", "-o", "d", "--mutant", "DI-CATALOG-002.x"], 2, "check-char"),
    "unknown kill": (["release", "kill", "--only", "no.such"], 2, "no.such"),
    "unknown shown": (["profiles", "show", "di-catalogue"], 2, "di-catalog"),
    "missing target": (["run", "none.yaml", "-o", "r"], 2, "none.yaml"),
    "target a folder": (["run", "folder", "-o", "r"], 2, "folder"),
    "target below a file": (["run", "good.yaml/x", "-o", "r"], 2, "good.yaml/x"),
    "output below a file": (["run", "good.yaml", "-o", "good.yaml/x"], 2, "good.yaml/x"),
    "output a file": (["run", "good.yaml", "-o", "good.yaml"], 2, "good.yaml"),
    "plan to a folder": (["plan", "good.yaml", "-o", "folder"], 2, "folder"),
    "output taken": (["run", "good.yaml", "-o", "folder"], 2, "--resume"),
    "nothing to resume": (["run", "good.yaml", "-o", "empty", "--resume"], 2, "--resume"),
    "no such plan": (["run", "good.yaml", "-o", "r", "--plan", "none.json"], 2, "none.json"),
    "a plan that is none": (["run", "good.yaml", "-o", "r", "--plan", "good.yaml"], 2, "good.yaml"),
    "no such job": (["run", "good.yaml", "-o", "r", "--job", "none.yaml"], 2, "none.yaml"),
    "same names": (["run", "good.yaml", "folder/good.yaml", "-o", "r"], 2, "good"),
    "one plan": (["plan", "good.yaml", "folder/good.yaml", "-o", "p.json"], 2, "p.json"),
    "no such bundle": (["judge", "none", "-o", "r"], 5, "none"),
    "a bundle that is none": (["judge", "good.yaml", "-o", "r"], 5, "good.yaml"),
    "a folder that is no bundle": (["report", "folder"], 5, "folder"),
    "two that are none": (["compare", "folder", "folder"], 5, "folder"),
    "seal of nothing": (["bundle", "seal", "empty"], 5, "empty"),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a good target file, a folder that holds something, and an empty one."""
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    for name in ("folder", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder/good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("case", WORDS)
def test_a_bad_command_is_told_in_four_parts(case: str, place: Path) -> None:
    words, code, named = WORDS[case]
    lang = language_of(case)
    done = kit(*words, "--lang", lang, cwd=place)
    told(done, lang, code)
    assert named in done.err
