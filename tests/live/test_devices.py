"""Devices on mqtt.js and on gmqtt: through the kit's peer, and at a mosquitto with the observer."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.formats.yaml_strict import read_yaml
from live.device_runs import DEVICES, PASSWORDS, DeviceRun, expected, run_device
from live.running import cqsc, read

CASES = [(device, vantage) for vantage in ("peer", "observer") for device in DEVICES]
CHINESE = re.compile(r"[一-鿿]")
CONCLUSIONS = {"peer": "non_conformant", "observer": "inconclusive"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[tuple[str, str], DeviceRun]:
    """All four at the same time: they mostly wait."""
    places = [tmp_path_factory.mktemp(f"{device}-{vantage}") for device, vantage in CASES]
    with ThreadPoolExecutor(max_workers=len(CASES)) as pool:
        made = [
            pool.submit(run_device, *case, place) for case, place in zip(CASES, places, strict=True)
        ]
        return {case: each.result() for case, each in zip(CASES, made, strict=True)}


@pytest.fixture(params=CASES, ids="-".join)
def case(request) -> tuple[str, str]:
    return request.param


def row(run: DeviceRun, number: int):
    wanted = f"IOT-TELEMETRY-{number:03d}"
    return next(
        each for each in read(run.folder / "report.json")["requirements"] if each["id"] == wanted
    )


def test_each_outcome_is_the_expected_one(runs, case):
    said = runs[case].said
    assert "All 26 outcomes are as expected." in said.err
    assert said.code == 0


def test_the_conclusion_stands_whatever_was_expected(runs, case):
    report = read(runs[case].folder / "report.json")
    assert report["conclusion"] == CONCLUSIONS[case[1]]


def test_the_sealed_bundle_is_judged_to_the_same_bytes(runs, case, tmp_path):
    run = runs[case]
    cqsc("judge", run.folder.with_suffix(".cqsc.zip"), "-o", tmp_path / "again")
    for name in ("verdicts.json", "report.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run.folder / name).read_bytes()


def test_no_password_stands_in_what_a_run_leaves(runs, case):
    for path in runs[case].folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(each.encode() in data for each in PASSWORDS.values()), path


@pytest.mark.parametrize("device", DEVICES)
def test_a_subscriber_passes_nothing_that_only_a_server_sees(runs, device):
    for number in (1, 3, 14, 15, 16, 17, 18, 19, 20, 21, 26):
        seen = row(runs[device, "observer"], number)
        assert (seen["outcome"], seen["reason"]["code"]) == (
            "inconclusive",
            "engine.not_observable",
        )


def test_every_expectation_has_its_reason_in_both_languages(case):
    path = expected(*case)
    told = read_yaml(path.read_bytes(), str(path)).value
    wanted = [each.id for each in Library.open().profile("iot-telemetry").requirements]
    assert list(told) == wanted
    for each in told.values():
        assert CHINESE.search(each["because"])
        assert re.search(r"[A-Za-z]{3}", each["because"])
