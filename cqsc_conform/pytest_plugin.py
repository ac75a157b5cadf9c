"""Options of the pytest plugin; what it does is imported only where a target is named."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("cqsc", "conformance test kit cqsc-conform")
    group.addoption(
        "--cqsc-target", metavar="FILE", help="test the target of this file, one item a requirement"
    )
    group.addoption(
        "--cqsc-profile",
        metavar="PROFILE",
        action="append",
        default=[],
        help="profile to test by, may be repeated; by default those the target file lists",
    )
    group.addoption(
        "--cqsc-region",
        metavar="REGION",
        action="append",
        default=[],
        help="region by whose adoption to test, may be repeated; by default the profiles as such",
    )
    group.addoption("--cqsc-level", type=int, default=1, help="claimed level, 1 to 3")
    group.addoption("--cqsc-out", metavar="DIR", help="keep the run's folder here")


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers, and bring in the rest where a target is named."""
    for line in (
        "cqsc: a requirement of a conformance profile",
        "shall: a requirement that binds (应)",
        "should: a recommendation (宜)",
        "may: a permission (可)",
        "level1: what any connected system must do",
        "level2: what a good system does",
        "level3: advanced",
    ):
        config.addinivalue_line("markers", line)
    if config.getoption("--cqsc-target"):
        config.pluginmanager.import_plugin("cqsc_conform.cli.pytest_items")
