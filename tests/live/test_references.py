"""Both references, reached by the target files of the examples."""

import pytest

from live.running import EXAMPLES, ROOT, Run

NAMES = {"reference": "catalog_api", "second-reference": "catalog_api_b"}


@pytest.fixture(params=NAMES)
def run(request, run_of) -> Run:
    return run_of(request.param)


def test_each_requirement_passes_and_the_draft_stays_untested(run):
    assert run.said.code == 0, run.said.err
    outcomes = {row["id"]: row["outcome"] for row in run.report["requirements"]}
    assert outcomes.pop("DI-CATALOG-023") == "untested"
    assert set(outcomes.values()) == {"pass"}
    assert run.report["conclusion"] == "conformant"


def test_no_secret_stands_in_what_a_run_leaves(run):
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        data = path.read_bytes()
        assert b"reference-token" not in data, path
        assert b"reference-secret" not in data, path


@pytest.mark.parametrize("name", NAMES)
def test_examples_map_what_the_kit_s_own_target_files_map(name):
    def lines(path):
        return [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.lstrip().startswith("#")
        ]

    own = ROOT / "cqsc_conform" / "reference" / "targets" / f"{NAMES[name]}.yaml"
    assert lines(EXAMPLES / "targets" / f"{name}.yaml") == lines(own)
