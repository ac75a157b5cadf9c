"""nginx and mosquitto, each with a good and a weak TLS set-up, reached by a target file alone."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.formats.yaml_strict import read_yaml
from live.running import Said, cqsc, read
from live.tls_servers import mosquitto, nginx

EXPECTED = Path(__file__).with_name("tls")
SERVERS = {"nginx": nginx, "mosquitto": mosquitto}
CASES = [(name, weak) for name in SERVERS for weak in (False, True)]
CHINESE = re.compile(r"[一-鿿]")
TARGET = """
schema: cqsc-target/1
subject:
  maker: {{name: cqsc-conform}}
  name: {name}
  kind: platform
network_zone: 专网
data_class: synthetic
profiles: [sec-transport]
endpoints:
  api: {{url: "{url}", ca: "{ca}"}}
"""

Serve = Callable[..., AbstractContextManager[tuple[str, Path]]]


def file_of(name: str, *, weak: bool) -> Path:
    return EXPECTED / f"{name}-{'weak' if weak else 'good'}.yaml"


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def run(request, tmp_path_factory) -> tuple[str, bool, Said, Path]:
    name, weak = request.param
    serve: Serve = SERVERS[name]
    folder = tmp_path_factory.mktemp(name)
    with serve(folder, weak=weak) as (url, ca):
        target = folder / "target.yaml"
        target.write_text(TARGET.format(name=name, url=url, ca=ca), encoding="utf-8")
        expected = file_of(name, weak=weak)
        out = folder / "run"
        said = cqsc("run", target, "--level", "3", "-o", out, "--expect", expected)
    return name, weak, said, out


def test_each_outcome_is_the_expected_one(run):
    _, _, said, _ = run
    assert "All 8 outcomes are as expected." in said.err
    assert said.code == 0


def test_the_conclusion_stands_whatever_was_expected(run):
    _, weak, _, out = run
    report = read(out / "report.json")
    assert report["conclusion"] == ("non_conformant" if weak else "conformant")
    assert report["requests"] == 20


def test_a_weak_set_up_is_told_in_words(run):
    _, weak, _, out = run
    said = (out / "report.txt").read_text(encoding="utf-8")
    assert ("weak:null" in said) == weak
    assert ("old.test" in said) == weak


@pytest.mark.parametrize(("name", "weak"), CASES)
def test_every_expectation_has_its_reason_in_both_languages(name, weak):
    path = file_of(name, weak=weak)
    expected = read_yaml(path.read_bytes(), str(path)).value
    wanted = [each.id for each in Library.open().profile("sec-transport").requirements]
    assert list(expected) == wanted
    for told in expected.values():
        assert CHINESE.search(told["because"])
        assert re.search(r"[A-Za-z]{3}", told["because"])
