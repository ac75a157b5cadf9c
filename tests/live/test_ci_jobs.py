"""What the examples for continuous integration run works, and leaves what they keep."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.references import PUBLISHED, running_api, write_target
from cqsc_conform.formats.yaml_strict import read_yaml
from live.running import EXAMPLES
from test_readme import kit_on_path

CI = EXAMPLES / "ci"
SH = re.compile(r"sh '([^']+)'")
PLACE = "127.0.0.1:8080"
# What installs from a registry is told apart here: the kit at hand stands for it.
PIP = """#!/bin/sh
case "$*" in
  "install cqsc-conform") ;;
  "install --user cqsc-conform")
    mkdir -p .local/bin && ln -sf "$(command -v cqsc-conform)" .local/bin/ ;;
  *) exit 1 ;;
esac
"""


class Job(NamedTuple):
    commands: list[str]
    keeps: list[str]


def yaml_of(name: str) -> Any:
    return read_yaml((CI / name).read_bytes(), name).value


def github() -> Job:
    (job,) = yaml_of("github-actions.yml")["jobs"].values()
    kept = [each["with"]["path"] for each in job["steps"] if "upload-artifact" in str(each)]
    return Job([each["run"] for each in job["steps"] if "run" in each], kept[0].split())


def gitlab() -> Job:
    (job,) = yaml_of("gitlab-ci.yml").values()
    kept = job["artifacts"]
    return Job(job["script"], [*kept["paths"], kept["reports"]["junit"]])


def gitee() -> Job:
    (stage,) = yaml_of("gitee-go.yml")["stages"]
    (step,) = stage["steps"]
    return Job(step["commands"], [path for each in step["artifacts"] for path in each["path"]])


def jenkins() -> Job:
    text = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    (junit,) = re.findall(r"junit '([^']+)'", text)
    (archived,) = re.findall(r"archiveArtifacts artifacts: '([^']+)'", text)
    return Job(SH.findall(text), [junit, *archived.split(", ")])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as a repository has it: target file, expectations, the system's start."""
    folder = tmp_path_factory.mktemp("repository")
    with running_api() as url:
        write_target(folder, url).rename(folder / "target.yaml")
        (folder / "start-catalogue.sh").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        (folder / "start-catalogue.sh").chmod(0o755)
        (folder / "place").write_text(url.removeprefix("http://"), encoding="utf-8")
        levels = {each.id: each.level for each in Library.open().profile("di-catalog").requirements}
        passed = {id_: "pass" if level == 1 else "skipped" for id_, level in levels.items()}
        untested = {
            each.id: "untested"
            for each in Library.open().profile("di-catalog").requirements
            if each.untested is not None
        }
        (folder / "expect.yaml").write_text(json.dumps({**passed, **untested}), encoding="utf-8")
        yield folder


def world(folder: Path) -> dict[str, str]:
    env = {**kit_on_path(folder), **PUBLISHED, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    for name in ("pip", "pip3"):
        (folder / "bin" / name).write_text(PIP, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    return env


@pytest.mark.parametrize("job", [github, gitlab, gitee, jenkins], ids=lambda each: each.__name__)
def test_the_commands_of_a_job_work_and_leave_what_it_keeps(job, served, tmp_path):
    for name in ("target.yaml", "expect.yaml", "start-catalogue.sh"):
        (tmp_path / name).write_bytes((served / name).read_bytes())
        (tmp_path / name).chmod(0o755)
    place = (served / "place").read_text(encoding="utf-8").replace(":", "/")
    env = world(tmp_path)
    told = job()
    for command in told.commands:
        here = command.replace(PLACE.replace(":", "/"), place)
        done = subprocess.run(
            ["bash", "-e", "-c", here],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for kept in told.keeps:
        assert list(tmp_path.glob(kept)), kept


def test_the_conftest_starts_the_system_before_the_requirements_ask(tmp_path):
    with running_api() as url:
        place = url.removeprefix("http://")
    write_target(tmp_path, url)
    (tmp_path / "conftest.py").write_bytes((CI / "conftest.py").read_bytes())
    command = f"{sys.executable} -m cqsc_conform mock api --listen {place}"
    env = {**kit_on_path(tmp_path), **PUBLISHED, "CATALOGUE_COMMAND": command,
           "CATALOGUE_ADDRESS": place}  # fmt: skip
    env.pop("PYTEST_ADDOPTS", None)
    # An installed kit enters its plugin by itself; a checkout is told of it.
    entered = "cqsc" in {each.name for each in entry_points(group="pytest11")}
    plugin = () if entered else ("-p", "cqsc_conform.pytest_plugin")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin,
             "--cqsc-target", "catalog_api.yaml", "-k", "DI-CATALOG-001"]  # fmt: skip
    done = subprocess.run(
        words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
