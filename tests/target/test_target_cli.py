"""The commands as a vendor meets them: words, exit codes, files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from target_bench import HERE, written

from cqsc_conform.catalog.guess.draft import Draft
from cqsc_conform.resources import locales_root


def kit(*words: str, lang: str = "en", folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cqsc_conform", "target", *words, "--lang", lang],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=60,
        env={"PYTHONPATH": str(HERE.parents[1]), "PYTHONUTF8": "1", "PATH": ""},
    )


def test_init_writes_a_file_that_check_understands(tmp_path: Path) -> None:
    made = kit("init", folder=tmp_path)
    assert made.returncode == 0
    assert made.stdout == ""
    assert "cqsc-conform target check target.yaml" in made.stderr
    checked = kit("check", "target.yaml", lang="zh", folder=tmp_path)
    assert checked.returncode == 0
    assert "di-catalog@" in checked.stdout
    assert "target.yaml:" in checked.stdout  # where FILL-IN still stands
    told = json.loads(kit("check", "target.yaml", "--json", folder=tmp_path).stdout)
    assert told["valid"] is True
    assert told["operations"]["catalog.list"]["state"] == "default"
    assert told["identities"] == {"default": "bearer", "anonymous": "none"}
    assert len(told["fill_in"]) == 2


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "target.yaml").write_text("mine")
    made = kit("init", folder=tmp_path)
    assert made.returncode == 2
    assert (tmp_path / "target.yaml").read_text() == "mine"
    assert "Traceback" not in made.stderr


def test_init_tells_what_it_guessed_and_what_it_did_not_find(tmp_path: Path) -> None:
    source = str(HERE / "samples" / "gateway.postman.json")
    made = kit("init", "--from", "postman", source, "-o", "mine.yaml", lang="zh", folder=tmp_path)
    assert made.returncode == 0
    assert "catalog.list" in made.stderr
    assert "没有复制" in made.stderr
    assert "dataset.records" in made.stderr
    assert "PLANTED" not in made.stderr
    assert max(len(line) for line in made.stderr.splitlines()) <= 80
    assert kit("check", "mine.yaml", folder=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "--from", "openapi"], "without a file"),
        (["init", "api.yaml"], "--from"),
        (["init", "--from", "openapi", "none.yaml"], "does not exist"),
        (["check", "none.yaml"], "does not exist"),
        (["doctor", "none.yaml"], "does not exist"),
    ],
)
def test_wrong_use_ends_with_two_and_says_why(words: list[str], said: str, tmp_path: Path) -> None:
    ended = kit(*words, folder=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_check_lists_every_problem_with_its_line(tmp_path: Path) -> None:
    page = written(Draft(source="template"))
    page = page.replace("env:CQSC_TOKEN}", "s3cret-in-the-open}").replace(
        "charset: utf-8", "charset: klingon\nsubjekt: 1"
    )
    (tmp_path / "target.yaml").write_text(page)
    ended = kit("check", "target.yaml", folder=tmp_path)
    assert ended.returncode == 2
    assert "s3cret" not in ended.stderr + ended.stdout
    places = re.findall(r"target\.yaml:(\d+):\d+:", ended.stderr)
    assert page.splitlines()[int(places[0]) - 1].startswith("subjekt")
    told = json.loads(kit("check", "target.yaml", "--json", folder=tmp_path).stdout)
    assert told["valid"] is False
    assert told["problems"][0]["where"].startswith("target.yaml:")
    assert told["problems"][0]["zh"] != told["problems"][0]["en"]


def test_both_languages_say_everything_with_the_same_fields() -> None:
    said = {}
    for lang in ("zh_CN", "en"):
        entries = polib.pofile((locales_root() / lang / "target.po").read_text("utf-8"))
        said[lang] = {
            each.msgid: set(re.findall(r"\{([a-z][a-z0-9_]*)\}", each.msgstr)) for each in entries
        }
        assert all(each.msgstr for each in entries)
    assert said["zh_CN"] == said["en"]


def test_every_code_that_is_used_has_its_words() -> None:
    root = HERE.parents[1] / "cqsc_conform"
    entries = polib.pofile((locales_root() / "en" / "target.po").read_text("utf-8"))
    known = {each.msgid for each in entries}
    files = [*root.glob("catalog/guess/*.py"), *root.glob("cli/target*.py")]
    files += [root / "engine" / f"{name}.py" for name in ("doctor", "answering", "findings")]
    used: set[str] = set()
    for path in files:
        used |= set(re.findall(r'"(target\.[a-z_]+[a-z])"', path.read_text("utf-8")))
    assert used - {"target.yaml"} <= known
    errors = {each for each in known if each.startswith("target.source_")}
    errors = {each for each in errors if not each.endswith(".next")} | {"target.file_taken"}
    assert all(f"{each}.next" in known for each in errors)
