"""What the tests of several rooms share."""

import signal
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Whole processes, real time and real machines: `make test-slow` runs these, `.ci/run` both.
SLOW = frozenset(
    {
        "bundle/test_seal.py",
        "catalog/test_catalog_yaml.py",
        "cli/test_capture.py",
        "cli/test_hostile_runs.py",
        "cli/test_interrupted.py",
        "cli/test_lab_flow.py",
        "cli/test_papers_and_people.py",
        "cli/test_regions.py",
        "cli/test_secrets.py",
        "drivers/test_mqtt_fleet.py",
        "engine/test_resume_live.py",
        "hostile/test_content.py",
        "live/test_ci_jobs.py",
        "live/test_core_references.py",
        "live/test_data_reference.py",
        "live/test_datasette_records.py",
        "live/test_devices.py",
        "live/test_events.py",
        "live/test_office.py",
        "plugin/test_pytest_plugin.py",
        "recognition/test_play.py",
        "release/test_impact.py",
        "reports/test_html_browser.py",
        "test_authoring.py",
        "test_package.py",
        "trust/test_trust_commands.py",
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(HERE).as_posix() in SLOW:
            item.add_marker("slow")


# A suite that was started in the background inherits an ignored SIGINT and would hand it to the
# programs that its tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
