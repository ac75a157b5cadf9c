"""The gateway example works as it stands: POST, GBK, signatures, codes, times without offset."""

import pytest

from live.gateway import SECRET, gateway
from live.running import WHOLE, cqsc, read, target_at

TARGET = "examples/targets/gateway.yaml"


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    with gateway() as (url, held):
        target = target_at(TARGET, url, folder)
        said = cqsc("run", target, *WHOLE, "-o", folder / "run", GATEWAY_SECRET=SECRET)
    return folder / "run", said, held


def test_the_gateway_is_found_conformant(left):
    folder, said, _ = left
    assert said.code == 0, said.out
    outcomes = {row["id"]: row["outcome"] for row in read(folder / "report.json")["requirements"]}
    assert outcomes.pop("DI-CATALOG-023") == "not_applicable"
    assert set(outcomes.values()) == {"pass"}


def test_keywords_arrived_in_the_gateway_s_charset(left):
    _, _, held = left
    titles = {row["dataset_title"] for row in held.portal.datasets}
    assert len(titles & set(held.heard)) == 2


def test_a_wrong_secret_is_not_taken_for_a_fault_of_the_catalogue(tmp_path):
    with gateway() as (url, _):
        target = target_at(TARGET, url, tmp_path)
        said = cqsc("run", target, *WHOLE, "-o", tmp_path / "run", GATEWAY_SECRET="wrong-secret-1")
    report = read(tmp_path / "run" / "report.json")
    assert {row["id"] for row in report["requirements"] if row["outcome"] == "fail"} == set()
    assert (said.code, report["conclusion"]) == (3, "inconclusive")
