"""The servers, and one run against each, once a test session."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from cqsc_conform.cli.references import PUBLISHED, running_api
from live.running import Run, run_example
from live.servers import datasette, datasette_records, prism

CHINA = timezone(timedelta(hours=8))


@pytest.fixture(scope="session")
def datasette_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with datasette(tmp_path_factory.mktemp("datasette"), datetime.now(CHINA)) as url:
        yield url


@pytest.fixture(scope="session")
def datasette_records_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with datasette_records(tmp_path_factory.mktemp("records"), datetime.now(CHINA)) as url:
        yield url


@pytest.fixture(scope="session")
def prism_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prism(tmp_path_factory.mktemp("prism")) as url:
        yield url


@pytest.fixture(scope="session")
def reference_url() -> Iterator[str]:
    with running_api() as url:
        yield url


@pytest.fixture(scope="session")
def second_reference_url() -> Iterator[str]:
    with running_api(second=True) as url:
        yield url


@pytest.fixture(scope="session")
def run_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Run]:
    """Gives the run of an example; it is made when it is first asked for."""
    made: dict[str, Run] = {}

    def find(name: str) -> Run:
        if name not in made:
            url = request.getfixturevalue(f"{name.replace('-', '_')}_url")
            folder = Path(tmp_path_factory.mktemp(name))
            made[name] = run_example(name, url, folder, **PUBLISHED)
        return made[name]

    return find
