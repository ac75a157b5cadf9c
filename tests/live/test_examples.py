"""The examples are whole: every file loads, is named in both READMEs, and says its reasons."""

import re
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import read_job
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.engine.plan import Choices
from cqsc_conform.formats.yaml_strict import read_yaml
from live.running import EXAMPLES

TARGETS = sorted((EXAMPLES / "targets").glob("*.yaml"))
EXPECTATIONS = sorted((EXAMPLES / "expect").glob("*.yaml"))
CI_JOBS = [path for path in sorted((EXAMPLES / "ci").iterdir()) if path.suffix != ".py"]
READMES = [EXAMPLES / "README.md", EXAMPLES / "README.zh-CN.md"]
CHINESE = re.compile(r"[一-鿿]")
LATIN = re.compile(r"[A-Za-z]{3}")


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", TARGETS, ids=names(TARGETS))
def test_a_target_file_is_planned_whole(path):
    setup = prepare(path, [], Choices(level=3))
    planned = {each.id for each in setup.plan.profiles}
    asked = [each.id for name in planned for each in Library.open().profile(name).requirements]
    assert sorted(item.id for item in setup.plan.items) == sorted(asked)
    lacking = {item.id: item.because for item in setup.plan.items if item.disposition == "lacking"}
    # What a subscriber cannot see is no fault of the file.
    unseen = {"engine.not_observable"} if setup.plan.vantage == "observer" else set()
    assert {each["code"] for each in lacking.values()} == unseen


@pytest.mark.parametrize("path", TARGETS, ids=names(TARGETS))
def test_a_target_file_explains_itself_in_both_languages(path):
    remarks = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line.lstrip()[:1] == "#"
    ]
    assert any(CHINESE.search(line) for line in remarks)
    assert any(LATIN.search(line) and not CHINESE.search(line) for line in remarks[1:])


@pytest.mark.parametrize("path", EXPECTATIONS, ids=names(EXPECTATIONS))
def test_expectations_list_every_requirement_and_what_is_no_pass_has_its_reason(path):
    expected = read_yaml(path.read_bytes(), str(path)).value
    planned = prepare(EXAMPLES / "targets" / path.name, [], Choices()).plan.profiles
    profiles = [Library.open().profile(each.id) for each in planned]
    assert list(expected) == [each.id for profile in profiles for each in profile.requirements]
    for told in expected.values():
        if told != "pass":
            assert len(told["because"]) > 20
            assert CHINESE.search(told["because"])
    assert path.stem in names(TARGETS)


@pytest.mark.parametrize("readme", READMES, ids=names(READMES))
def test_each_file_is_found_from_the_readmes(readme):
    text = readme.read_text(encoding="utf-8")
    for path in TARGETS:
        assert f"(targets/{path.name})" in text
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (EXAMPLES / link).exists(), link


def test_the_order_of_a_test_loads():
    assert read_job(EXAMPLES / "job.yaml").job.number == "CQSC-2026-0001"


@pytest.mark.parametrize("path", CI_JOBS, ids=lambda path: path.name)
def test_a_ci_job_runs_with_expectations_and_keeps_the_bundle(path):
    text = path.read_text(encoding="utf-8")
    assert "cqsc-conform run target.yaml -o out --expect expect.yaml" in text
    assert "out.cqsc.zip" in text
    assert len(text.splitlines()) < 40
    if path.suffix == ".yml":
        assert read_yaml(path.read_bytes(), path.name).value
